// The search box: every word must occur somewhere in the metric, in its namespace, name, dimension names or values.

import type { Metric } from './metric.ts';

export function searchMetrics(metrics: readonly Metric[], query: string): readonly Metric[] {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return metrics;
  return metrics.filter((metric) => {
    const text = searchText(metric);
    return words.every((word) => text.includes(word));
  });
}

function searchText(metric: Metric): string {
  const parts = [metric.namespace, metric.name, ...metric.dimensions.flatMap((d) => [d.Name, d.Value, `${d.Name}=${d.Value}`])];
  return parts.join('\n').toLowerCase();
}
