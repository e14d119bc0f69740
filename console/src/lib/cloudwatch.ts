// The CloudWatch operations the page uses, as functions over its own types.

import { call } from './api.ts';
import { type Dimension, makeMetric, type Metric } from './metric.ts';

interface ListMetricsOutput {
  Metrics?: { Namespace: string; MetricName: string; Dimensions?: Dimension[] }[];
  NextToken?: string;
}

interface GetMetricDataOutput {
  MetricDataResults?: MetricDataResult[];
  Messages?: { Code?: string; Value?: string }[];
  NextToken?: string;
}

interface MetricDataResult {
  Id: string;
  Label?: string;
  Timestamps?: number[];
  Values?: number[];
  Messages?: { Code?: string; Value?: string }[];
}

export interface Query {
  id: string;
  metric: Metric;
  stat: string;
  period: number;
  label: string | null;
}

export interface Series {
  label: string;
  times: number[];
  values: number[];
}

/** ListMetrics answers 500 a page; beyond this many the list says that it is cut. */
const MOST_PAGES = 40;

export async function listMetrics(signal: AbortSignal): Promise<{ metrics: Metric[]; cut: boolean }> {
  const metrics: Metric[] = [];
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer: ListMetricsOutput = await call('cloudwatch', 'ListMetrics', token ? { NextToken: token } : {}, signal);
    for (const m of answer.Metrics ?? []) metrics.push(makeMetric(m.Namespace, m.MetricName, m.Dimensions ?? []));
    token = answer.NextToken;
    if (!token) return { metrics, cut: false };
  }
  return { metrics, cut: true };
}

/** One series per query id, oldest point first, and whatever the service had to say about them. */
export async function getMetricData(
  queries: readonly Query[],
  window: { start: number; end: number },
  signal: AbortSignal,
): Promise<{ series: Map<string, Series>; notes: string[] }> {
  const series = new Map<string, Series>();
  const notes: string[] = [];
  const params = {
    MetricDataQueries: queries.map(toDataQuery),
    StartTime: window.start,
    EndTime: window.end,
    ScanBy: 'TimestampAscending',
  };
  let token: string | undefined;
  do {
    const page = token ? { ...params, NextToken: token } : params;
    const answer: GetMetricDataOutput = await call('cloudwatch', 'GetMetricData', page, signal);
    for (const result of answer.MetricDataResults ?? []) addResult(series, notes, result);
    for (const message of answer.Messages ?? []) if (message.Value) notes.push(message.Value);
    token = answer.NextToken;
  } while (token);
  return { series, notes };
}

function addResult(series: Map<string, Series>, notes: string[], result: MetricDataResult): void {
  const one = series.get(result.Id) ?? { label: result.Label ?? '', times: [], values: [] };
  one.times = one.times.concat(result.Timestamps ?? []);
  one.values = one.values.concat(result.Values ?? []);
  series.set(result.Id, one);
  for (const message of result.Messages ?? []) if (message.Value) notes.push(`${one.label}: ${message.Value}`);
}

function toDataQuery(query: Query): object {
  const { namespace, name, dimensions } = query.metric;
  return {
    Id: query.id,
    MetricStat: {
      Metric: { Namespace: namespace, MetricName: name, Dimensions: dimensions },
      Period: query.period,
      Stat: query.stat,
    },
    ...(query.label === null ? {} : { Label: query.label }),
  };
}
