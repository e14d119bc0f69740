// What a metric is, and the two levels above it: namespaces, and the sets of dimension names within one.

export interface Dimension {
  Name: string;
  Value: string;
}

export interface Metric {
  namespace: string;
  name: string;
  /** Sorted by name. */
  dimensions: readonly Dimension[];
}

/** The identity of a metric as one string. */
export function metricKey(metric: Metric): string {
  return JSON.stringify([metric.namespace, metric.name, ...metric.dimensions.flatMap((d) => [d.Name, d.Value])]);
}

export function makeMetric(namespace: string, name: string, dimensions: readonly Dimension[]): Metric {
  return { namespace, name, dimensions: dimensions.toSorted((a, b) => compare(a.Name, b.Name)) };
}

export function dimensionNames(metric: Metric): string[] {
  return metric.dimensions.map((d) => d.Name);
}

export function dimensionValue(metric: Metric, name: string): string {
  return metric.dimensions.find((d) => d.Name === name)?.Value ?? '';
}

export interface Group<Key> {
  key: Key;
  title: string;
  count: number;
}

/** AWS's own namespaces, shown without their prefix, and everybody else's. */
export function groupNamespaces(metrics: readonly Metric[]): { custom: Group<string>[]; aws: Group<string>[] } {
  const counts = count(metrics, (m) => m.namespace);
  const groups = [...counts].map(([key, n]) => ({ key, title: namespaceTitle(key), count: n }));
  groups.sort((a, b) => compare(a.title, b.title));
  return { custom: groups.filter((g) => !isAws(g.key)), aws: groups.filter((g) => isAws(g.key)) };
}

/** One group per distinct set of dimension names; the one without dimensions comes first. */
export function groupDimensions(metrics: readonly Metric[], namespace: string): Group<string[]>[] {
  const counts = count(
    metrics.filter((m) => m.namespace === namespace),
    (m) => JSON.stringify(dimensionNames(m)),
  );
  const groups = [...counts].map(([key, n]) => {
    const names = JSON.parse(key) as string[];
    return { key: names, title: dimensionsTitle(namespace, names), count: n };
  });
  return groups.toSorted((a, b) => a.key.length - b.key.length || compare(a.title, b.title));
}

export function metricsOf(metrics: readonly Metric[], namespace: string, names: readonly string[]): Metric[] {
  const wanted = JSON.stringify(names);
  return metrics.filter((m) => m.namespace === namespace && JSON.stringify(dimensionNames(m)) === wanted);
}

export function namespaceTitle(namespace: string): string {
  return isAws(namespace) ? namespace.slice(4) : namespace;
}

export function dimensionsTitle(namespace: string, names: readonly string[]): string {
  if (names.length > 0) return names.join(', ');
  return namespace === 'AWS/SES' ? 'Account Sending Metrics' : 'Metrics with no dimensions';
}

function isAws(namespace: string): boolean {
  return namespace.startsWith('AWS/');
}

export function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' });
}

function count<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}
