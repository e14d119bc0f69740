// The page's state, kept in step with the address.

import { makeGraphed, type Graphed, MOST_GRAPHED } from './graphed.ts';
import { decodeView, encodeView, type View } from './hash.ts';
import { type Metric, metricKey } from './metric.ts';
import type { Range, Zone } from './time.ts';

export class ViewState {
  namespace = $state<string | null>(null);
  dimensions = $state.raw<string[] | null>(null);
  search = $state('');
  tab = $state<View['tab']>('browse');
  items = $state.raw<readonly Graphed[]>([]);
  range = $state.raw<Range>({ kind: 'relative', seconds: 0 });
  zone = $state<Zone>('local');
  refresh = $state(0);

  readonly graphedKeys = $derived(new Set(this.items.map((item) => metricKey(item.metric))));
  readonly full = $derived(this.items.length >= MOST_GRAPHED);

  constructor() {
    this.read();
  }

  /** Takes the state from the address. */
  read(): void {
    Object.assign(this, decodeView(location.hash));
  }

  /** Puts the state into the address. A move to another list is a step that the back button takes back. */
  write(): void {
    const hash = encodeView(this);
    if (hash === location.hash) return;
    const before = decodeView(location.hash);
    const moved = before.namespace !== this.namespace || String(before.dimensions) !== String(this.dimensions);
    if (moved && location.hash !== '') history.pushState(null, '', hash);
    else history.replaceState(null, '', hash);
  }

  go(namespace: string | null, dimensions: string[] | null): void {
    this.namespace = namespace;
    this.dimensions = dimensions;
    this.search = '';
  }

  add(metrics: readonly Metric[]): void {
    let items = this.items;
    for (const metric of metrics) {
      if (items.length >= MOST_GRAPHED) break;
      if (items.some((item) => metricKey(item.metric) === metricKey(metric))) continue;
      items = [...items, makeGraphed(items, metric)];
    }
    this.items = items;
  }

  remove(metrics: readonly Metric[]): void {
    const keys = new Set(metrics.map(metricKey));
    this.items = this.items.filter((item) => !keys.has(metricKey(item.metric)));
  }

  change(id: string, change: Partial<Graphed>): void {
    this.items = this.items.map((item) => (item.id === id ? { ...item, ...change } : item));
  }

  changeAll(change: Partial<Graphed>): void {
    this.items = this.items.map((item) => ({ ...item, ...change }));
  }
}
