// What the service answered, as state of the page: the list of metrics and the data of the graph. Of several loads
// under way only the last one counts.

import { ApiError, isAbort, serviceNow } from './api.ts';
import { getMetricData, listMetrics, type Query, type Series } from './cloudwatch.ts';
import type { Graphed } from './graphed.ts';
import type { Metric } from './metric.ts';
import { alignedWindow, autoPeriod, type Range } from './time.ts';

abstract class Loaded {
  loading = $state(false);
  error = $state.raw<ApiError | null>(null);
  private abort: AbortController | null = null;

  protected async run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.loading = true;
    try {
      await work(abort.signal);
      this.error = null;
    } catch (error) {
      if (isAbort(error) || abort.signal.aborted) return;
      this.error = error instanceof ApiError ? error : new ApiError('PageError', String(error), 0);
    } finally {
      if (this.abort === abort) this.loading = false;
    }
  }

  stop(): void {
    this.abort?.abort();
  }
}

const PAGE = 500;
const LONG_LIST_SECONDS = 60;

export class MetricList extends Loaded {
  /** Null until the first answer. */
  metrics = $state.raw<readonly Metric[] | null>(null);
  cut = $state(false);
  private loadedAt = 0;

  load(): Promise<void> {
    return this.run(async (signal) => {
      const { metrics, cut } = await listMetrics(signal);
      this.metrics = metrics;
      this.cut = cut;
      this.loadedAt = serviceNow();
    });
  }

  /** Whether a refresh should ask again: a list of many pages is not asked for every few seconds. */
  get due(): boolean {
    const long = (this.metrics?.length ?? 0) > PAGE;
    return !this.loading && (!long || serviceNow() - this.loadedAt >= LONG_LIST_SECONDS);
  }
}

export interface GraphWindow {
  start: number;
  end: number;
}

export class GraphData extends Loaded {
  series = $state.raw<ReadonlyMap<string, Series>>(new Map());
  notes = $state.raw<readonly string[]>([]);
  window = $state.raw<GraphWindow | null>(null);
  loadedAt = $state<number | null>(null);

  /** Loads all graphed metrics, one call per period, since each period has its own aligned window. */
  load(items: readonly Graphed[], range: Range): Promise<void> {
    return this.run(async (signal) => {
      const now = serviceNow();
      const auto = autoPeriod(range, now);
      const groups = Map.groupBy(items.filter((item) => item.visible).map((item) => toQuery(item, auto)), (q) => q.period);
      const answers = await Promise.all(
        [...groups].map(([period, queries]) => getMetricData(queries, alignedWindow(range, now, period), signal)),
      );
      this.series = new Map(answers.flatMap((answer) => [...answer.series]));
      this.notes = [...new Set(answers.flatMap((answer) => answer.notes))];
      // A point stands at the beginning of its period: the longest period decides where the graph begins.
      const shown = [auto, ...groups.keys()].map((period) => alignedWindow(range, now, period));
      this.window = { start: Math.min(...shown.map((w) => w.start)), end: Math.min(...shown.map((w) => w.end)) };
      this.loadedAt = now;
    });
  }
}

function toQuery(item: Graphed, auto: number): Query {
  return { id: item.id, metric: item.metric, stat: item.stat, period: item.period ?? auto, label: item.label };
}
