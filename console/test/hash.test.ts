import assert from 'node:assert/strict';
import test from 'node:test';

import { defaultLabels, makeGraphed, naturalStatistic } from '../src/lib/graphed.ts';
import { decodeView, defaultView, encodeView } from '../src/lib/hash.ts';
import { makeMetric } from '../src/lib/metric.ts';

const send = makeMetric('AWS/SES', 'Send', [{ Name: 'ses:configuration-set', Value: 'a, b & "c"' }]);
const rate = makeMetric('AWS/SES', 'Reputation.BounceRate', []);

test('an address brings back the whole view', () => {
  const first = { ...makeGraphed([], send), label: 'Größe', period: 300 };
  const second = { ...makeGraphed([first], rate), visible: false };
  const view = {
    ...defaultView(),
    namespace: 'AWS/SES',
    dimensions: ['ses:configuration-set'],
    search: 'a b',
    tab: 'graphed' as const,
    items: [first, second],
    range: { kind: 'absolute' as const, start: 1_795_000_000, end: 1_795_003_600 },
    zone: 'UTC' as const,
    refresh: 0,
  };
  assert.deepEqual(decodeView(encodeView(view)), view);
});

test('the default view has a short address, and any other address is read as it', () => {
  assert.equal(encodeView(defaultView()), '#/metrics');
  for (const hash of ['', '#', '#/elsewhere', '#/metrics?metrics=[[1,2]]&last=-1&by=5&start=x']) {
    assert.deepEqual(decodeView(hash), defaultView());
  }
});

test('events are summed up and rates averaged, until told otherwise', () => {
  assert.equal(naturalStatistic(send), 'Sum');
  assert.equal(naturalStatistic(rate), 'Average');
});

test('a metric that is ticked later is summed up as was chosen for all before', () => {
  const first = { ...makeGraphed([], send), stat: 'Maximum', period: 300 };
  const second = makeGraphed([first], rate);
  assert.deepEqual([second.stat, second.period], ['Maximum', 300]);
  const third = makeGraphed([first, { ...second, period: 60 }], makeMetric('AWS/SES', 'Bounce', []));
  assert.deepEqual([third.stat, third.period], ['Maximum', null]);
});

test('metrics get ids and colours of their own, and labels that tell them apart', () => {
  const first = makeGraphed([], send);
  const second = makeGraphed([first], rate);
  assert.deepEqual([first.id, second.id], ['m1', 'm2']);
  assert.notEqual(first.color, second.color);
  assert.deepEqual([...defaultLabels([first]).values()], ['Send']);
  assert.equal(defaultLabels([first, second]).get('m1'), 'Send · a, b & "c" · Sum');
  const other = makeGraphed([first], makeMetric('AWS/SES', 'Bounce', send.dimensions));
  assert.deepEqual([...defaultLabels([first, other]).values()], ['Send', 'Bounce']);
});
