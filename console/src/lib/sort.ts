// The order of the metric table.

import { compare, dimensionValue, type Metric } from './metric.ts';

export interface Order {
  /** A dimension's name, or null for the metric's name. */
  column: string | null;
  descending: boolean;
}

export function sortMetrics(metrics: readonly Metric[], order: Order): Metric[] {
  const value = (metric: Metric): string => (order.column === null ? metric.name : dimensionValue(metric, order.column));
  const sign = order.descending ? -1 : 1;
  return metrics.toSorted((a, b) => sign * compare(value(a), value(b)) || compareAll(a, b));
}

function compareAll(a: Metric, b: Metric): number {
  for (const [index, dimension] of a.dimensions.entries()) {
    const order = compare(dimension.Value, b.dimensions[index]?.Value ?? '');
    if (order !== 0) return order;
  }
  return compare(a.name, b.name);
}
