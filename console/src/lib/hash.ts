// The page's state in its address, so that a graph can be shared and the back button works. Metrics are written in
// the array form of CloudWatch's metric widgets: [namespace, name, dimension, value, ..., {stat, period, ...}].

import type { Graphed } from './graphed.ts';
import { makeMetric } from './metric.ts';
import type { Range, Zone } from './time.ts';

export interface View {
  /** Where the user is in the browser of metrics; null is a level further up. */
  namespace: string | null;
  dimensions: string[] | null;
  search: string;
  tab: 'browse' | 'graphed';
  items: readonly Graphed[];
  range: Range;
  zone: Zone;
  /** Seconds between refreshes; 0 is off. */
  refresh: number;
}

export function defaultView(): View {
  return {
    namespace: null,
    dimensions: null,
    search: '',
    tab: 'browse',
    items: [],
    range: { kind: 'relative', seconds: 3 * 3600 },
    zone: 'local',
    refresh: 10,
  };
}

const PAGE = '#/metrics';

export function encodeView(view: View): string {
  const base = defaultView();
  const query = new URLSearchParams();
  if (view.namespace !== null) query.set('ns', view.namespace);
  if (view.dimensions !== null) query.set('by', JSON.stringify(view.dimensions));
  if (view.search !== '') query.set('q', view.search);
  if (view.tab !== base.tab) query.set('tab', view.tab);
  if (view.range.kind === 'absolute') {
    query.set('start', toIso(view.range.start));
    query.set('end', toIso(view.range.end));
  } else if (view.range.seconds !== 3 * 3600) {
    query.set('last', String(view.range.seconds));
  }
  if (view.zone !== base.zone) query.set('zone', view.zone);
  if (view.refresh !== base.refresh) query.set('refresh', String(view.refresh));
  if (view.items.length > 0) query.set('metrics', JSON.stringify(view.items.map(encodeItem)));
  const text = query.toString();
  return text === '' ? PAGE : `${PAGE}?${text}`;
}

/** Reads an address; what it doesn't say, or says wrongly, is the default. */
export function decodeView(hash: string): View {
  const view = defaultView();
  const query = new URLSearchParams(hash.startsWith(`${PAGE}?`) ? hash.slice(PAGE.length + 1) : '');
  view.namespace = query.get('ns');
  view.dimensions = view.namespace === null ? null : readStrings(query.get('by'));
  view.search = query.get('q') ?? '';
  if (query.get('tab') === 'graphed') view.tab = 'graphed';
  view.range = readRange(query) ?? view.range;
  if (query.get('zone') === 'UTC') view.zone = 'UTC';
  const refresh = query.get('refresh');
  if (refresh !== null && Number(refresh) >= 0) view.refresh = Number(refresh);
  const items = readJson(query.get('metrics'));
  if (Array.isArray(items)) view.items = items.map(decodeItem).filter((item) => item !== null);
  return view;
}

function encodeItem(item: Graphed): unknown[] {
  const { namespace, name, dimensions } = item.metric;
  const options = {
    id: item.id,
    stat: item.stat,
    color: item.color,
    ...(item.period === null ? {} : { period: item.period }),
    ...(item.label === null ? {} : { label: item.label }),
    ...(item.visible ? {} : { visible: false }),
  };
  return [namespace, name, ...dimensions.flatMap((d) => [d.Name, d.Value]), options];
}

function decodeItem(row: unknown): Graphed | null {
  if (!Array.isArray(row) || row.length < 3) return null;
  const cells = row.slice(0, -1) as unknown[];
  const options = row.at(-1) as Record<string, unknown>;
  if (!cells.every((cell) => typeof cell === 'string') || typeof options !== 'object' || options === null) return null;
  const { id, stat, color, period, label, visible } = options;
  if (typeof id !== 'string' || !/^[a-z]\w*$/.test(id) || typeof stat !== 'string') return null;
  if (typeof color !== 'string' || !/^#[0-9a-f]{6}$/i.test(color)) return null;
  const [namespace, name, ...rest] = cells as [string, string, ...string[]];
  const dimensions = [];
  for (let i = 0; i + 1 < rest.length; i += 2) dimensions.push({ Name: rest[i] ?? '', Value: rest[i + 1] ?? '' });
  return {
    id,
    metric: makeMetric(namespace, name, dimensions),
    stat,
    period: typeof period === 'number' && period > 0 ? period : null,
    label: typeof label === 'string' ? label : null,
    color,
    visible: visible !== false,
  };
}

function readRange(query: URLSearchParams): Range | null {
  const start = Date.parse(query.get('start') ?? '') / 1000;
  const end = Date.parse(query.get('end') ?? '') / 1000;
  if (start < end) return { kind: 'absolute', start, end };
  const seconds = Number(query.get('last'));
  return seconds > 0 ? { kind: 'relative', seconds } : null;
}

function readStrings(text: string | null): string[] | null {
  const value = readJson(text);
  return Array.isArray(value) && value.every((name) => typeof name === 'string') ? value : null;
}

function readJson(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function toIso(time: number): string {
  return new Date(time * 1000).toISOString().replace('.000Z', 'Z');
}
