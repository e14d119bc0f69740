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

test('metrics get ids and colours of their own, and labels that tell them apart', () => {
  const first = makeGraphed([], send);
  const second = makeGraphed([first], rate);
  assert.deepEqual([first.id, second.id], ['m1', 'm2']);
  assert.notEqual(first.color, second.color);
  assert.deepEqual([...defaultLabels([first]).values()], ['Send']);
  assert.equal(defaultLabels([first, second]).get('m1'), 'Send · a, b & "c" · Sum');
});
