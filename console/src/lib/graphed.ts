// A metric on the graph: how it is summed up, named and coloured.

import { dimensionValue, type Metric } from './metric.ts';
import { periodTitle } from './time.ts';

export interface Graphed {
  /** The query's id, `m1`. */
  id: string;
  metric: Metric;
  stat: string;
  /** In seconds; null follows the time range. */
  period: number | null;
  /** What the user calls it; null is the default label. */
  label: string | null;
  color: string;
  visible: boolean;
}

/** Readable on the light and the dark background. */
const PALETTE = [
  '#2f7de1',
  '#e5720f',
  '#1d9a58',
  '#d8404f',
  '#8d5fd3',
  '#0f9fb0',
  '#c34a97',
  '#a08420',
  '#6f7f95',
  '#93603e',
] as const;

export const STATISTICS: readonly { value: string; title: string }[] = [
  { value: 'Average', title: 'Average' },
  { value: 'Minimum', title: 'Minimum' },
  { value: 'Maximum', title: 'Maximum' },
  { value: 'Sum', title: 'Sum' },
  { value: 'SampleCount', title: 'Sample count' },
  { value: 'p99', title: 'p99' },
  { value: 'p95', title: 'p95' },
  { value: 'p90', title: 'p90' },
  { value: 'p50', title: 'p50' },
  { value: 'p10', title: 'p10' },
];

/** More metrics than this are refused by one GetMetricData call, and by a graph. */
export const MOST_GRAPHED = 500;

/** Events are counted, rates are averaged. */
export function naturalStatistic(metric: Metric): string {
  return metric.namespace === 'AWS/SES' && !metric.name.startsWith('Reputation.') ? 'Sum' : 'Average';
}

/** A newly ticked metric, with an id and a colour that the others have not, summed up as was chosen for all of them. */
export function makeGraphed(items: readonly Graphed[], metric: Metric): Graphed {
  const chosen = items.some((item) => item.stat !== naturalStatistic(item.metric));
  return {
    id: freeId(items),
    metric,
    stat: (chosen && common(items.map((item) => item.stat))) || naturalStatistic(metric),
    period: common(items.map((item) => item.period)) ?? null,
    label: null,
    color: freeColor(items),
    visible: true,
  };
}

/** The value that all have, or undefined. */
export function common<T>(values: readonly T[]): T | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

function freeId(items: readonly Graphed[]): string {
  const used = new Set(items.map((item) => item.id));
  let n = 1;
  while (used.has(`m${n}`)) n++;
  return `m${n}`;
}

function freeColor(items: readonly Graphed[]): string {
  const uses = (color: string): number => items.filter((item) => item.color === color).length;
  return PALETTE.reduce<string>((best, color) => (uses(color) < uses(best) ? color : best), PALETTE[0]);
}

/** Labels that tell the metrics apart and say no more: the name, then whatever differs. */
export function defaultLabels(items: readonly Graphed[]): Map<string, string> {
  const differ = (value: (item: Graphed) => string): boolean => common(items.map(value)) === undefined;
  const namespaces = differ((item) => item.metric.namespace);
  const stats = differ((item) => item.stat);
  const periods = differ((item) => String(item.period));
  const names = new Set(items.flatMap((item) => item.metric.dimensions.map((d) => d.Name)));
  const dimensions = [...names].filter((name) => differ((item) => dimensionValue(item.metric, name)));
  return new Map(
    items.map((item) => {
      const words = [namespaces ? `${item.metric.namespace} ${item.metric.name}` : item.metric.name];
      words.push(...dimensions.map((name) => dimensionValue(item.metric, name)).filter((value) => value !== ''));
      if (stats) words.push(item.stat);
      if (periods) words.push(item.period === null ? 'auto' : periodTitle(item.period));
      return [item.id, words.join(' · ')];
    }),
  );
}

/** One line that says which metric it is. */
export function describeMetric(metric: Metric): string {
  const dimensions = metric.dimensions.map((d) => `${d.Name}: ${d.Value}`);
  return [metric.namespace, metric.name, ...dimensions].join(' · ');
}

