// From lines to uPlot: its columns of data, and its options.

import uPlot from 'uplot';

import { formatAxis } from './numbers.ts';
import { axisLabels, type Zone } from './time.ts';

export interface Line {
  id: string;
  label: string;
  color: string;
  visible: boolean;
  period: number;
  times: readonly number[];
  values: readonly number[];
}

export interface PlotOptions {
  width: number;
  height: number;
  zone: Zone;
  /** The x scale; asked for at every drawing. */
  window: () => { start: number; end: number };
  onzoom: (start: number, end: number) => void;
  oncursor: (time: number | null) => void;
}

/** All lines over one common row of times; where a line has no point it has a hole that is drawn across. */
export function toColumns(lines: readonly Line[]): uPlot.AlignedData {
  const times = [...new Set(lines.flatMap((line) => line.times))].sort((a, b) => a - b);
  const place = new Map(times.map((time, index) => [time, index]));
  const columns = lines.map((line) => {
    const column = new Array<number | null>(times.length).fill(null);
    line.times.forEach((time, index) => (column[place.get(time) ?? 0] = line.values[index] ?? null));
    return column;
  });
  return [times, ...columns];
}

/** The value of the point whose period covers `time`. */
export function valueAt(line: Line, time: number): number | null {
  const index = line.times.findLastIndex((t) => t <= time);
  const start = line.times[index];
  return start !== undefined && time < start + line.period ? (line.values[index] ?? null) : null;
}

export function plotOptions(lines: readonly Line[], options: PlotOptions): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--muted'),
    font: `12px ${style.getPropertyValue('--font')}`,
    grid: { stroke: color('--grid'), width: 1 },
    ticks: { stroke: color('--grid'), width: 1, size: 5 },
  };
  return {
    width: options.width,
    height: options.height,
    padding: [12, 20, 0, 4],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      points: { size: 8 },
      // Each line shows its nearest point, also where another line has points of its own.
      dataIdx: (plot, series, hovered) => nearest(plot.data[series] ?? [], hovered),
    },
    scales: {
      x: { time: true, range: () => range(options.window()) },
      y: { range: (_, low, high) => valueRange(low, high) },
    },
    axes: [
      { ...axis, space: 70, size: 46, values: (_, marks, __, ___, step) => axisLabels(marks, step, options.zone) },
      { ...axis, size: axisWidth, values: (_, marks) => marks.map(formatAxis) },
    ],
    series: [{}, ...lines.map((line) => ({ label: line.label, stroke: line.color, width: 2, spanGaps: true, points: { size: 7, fill: line.color } }))],
    tzDate: (time) => (options.zone === 'UTC' ? uPlot.tzDate(new Date(time * 1000), 'Etc/UTC') : new Date(time * 1000)),
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 3) options.onzoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [
        (plot) => {
          const index = plot.cursor.idx;
          options.oncursor(index === null || index === undefined || plot.cursor.left === -10 ? null : (plot.data[0][index] ?? null));
        },
      ],
    },
  };
}

function range({ start, end }: { start: number; end: number }): [number, number] {
  return [start, end];
}

/** Counts stand on zero; the top leaves a little air. */
function valueRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (low === 0 && high === 0) return [0, 1];
  const air = (high - Math.min(low, 0)) * 0.08;
  return [low < 0 ? low - air : 0, high > 0 ? high + air : 0];
}

function axisWidth(_: uPlot, labels: string[] | null): number {
  const longest = Math.max(3, ...(labels ?? []).map((label) => label.length));
  return 22 + longest * 7;
}

function nearest(column: ArrayLike<number | null | undefined>, hovered: number): number {
  for (let distance = 0; distance < column.length; distance++) {
    if (column[hovered - distance] != null) return hovered - distance;
    if (column[hovered + distance] != null) return hovered + distance;
  }
  return hovered;
}
