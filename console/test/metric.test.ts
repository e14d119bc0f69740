import assert from 'node:assert/strict';
import test from 'node:test';

import { groupDimensions, groupNamespaces, makeMetric, metricKey, metricsOf } from '../src/lib/metric.ts';
import { searchMetrics } from '../src/lib/search.ts';
import { sortMetrics } from '../src/lib/sort.ts';

const dimension = (Name: string, Value: string) => ({ Name, Value });
const send = makeMetric('AWS/SES', 'Send', []);
const spring = makeMetric('AWS/SES', 'Send', [dimension('campaign', 'spring')]);
const autumn = makeMetric('AWS/SES', 'Bounce', [dimension('campaign', 'autumn')]);
const both = makeMetric('AWS/SES', 'Send', [dimension('genre', 'news'), dimension('campaign', 'spring')]);
const orders = makeMetric('shop', 'Orders', []);
const all = [both, spring, orders, send, autumn];

test('the order of dimensions is no part of a metric', () => {
  const turned = makeMetric('AWS/SES', 'Send', [dimension('campaign', 'spring'), dimension('genre', 'news')]);
  assert.equal(metricKey(both), metricKey(turned));
});

test("AWS's namespaces are shown without their prefix, apart from custom ones, with their counts", () => {
  const { aws, custom } = groupNamespaces(all);
  assert.deepEqual(aws, [{ key: 'AWS/SES', title: 'SES', count: 4 }]);
  assert.deepEqual(custom, [{ key: 'shop', title: 'shop', count: 1 }]);
});

test('a namespace is divided by sets of dimension names; SES without any is Account Sending Metrics', () => {
  assert.deepEqual(
    groupDimensions(all, 'AWS/SES').map((group) => [group.title, group.count]),
    [
      ['Account Sending Metrics', 1],
      ['campaign', 2],
      ['campaign, genre', 1],
    ],
  );
  assert.equal(groupDimensions(all, 'shop')[0]?.title, 'Metrics with no dimensions');
  assert.deepEqual(metricsOf(all, 'AWS/SES', ['campaign']), [spring, autumn]);
});

test('a search needs every word, in any part of the metric and in any case', () => {
  assert.deepEqual(searchMetrics(all, 'SPRING send'), [both, spring]);
  assert.deepEqual(searchMetrics(all, 'campaign=autumn'), [autumn]);
  assert.deepEqual(searchMetrics(all, 'spring winter'), []);
  assert.equal(searchMetrics(all, '  ').length, all.length);
});

test('the table is sorted by any column, both ways', () => {
  const rows = [spring, autumn];
  assert.deepEqual(sortMetrics(rows, { column: null, descending: false }), [autumn, spring]);
  assert.deepEqual(sortMetrics(rows, { column: 'campaign', descending: true }), [spring, autumn]);
});
