// Time ranges, periods, and how both are written. All times are seconds since the epoch.

export type Zone = 'UTC' | 'local';

export type Range = { kind: 'relative'; seconds: number } | { kind: 'absolute'; start: number; end: number };

export interface Choice {
  seconds: number;
  short: string;
  title: string;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

export const RANGES: readonly Choice[] = [
  { seconds: HOUR, short: '1h', title: '1 hour' },
  { seconds: 3 * HOUR, short: '3h', title: '3 hours' },
  { seconds: 12 * HOUR, short: '12h', title: '12 hours' },
  { seconds: DAY, short: '1d', title: '1 day' },
  { seconds: 3 * DAY, short: '3d', title: '3 days' },
  { seconds: 7 * DAY, short: '1w', title: '1 week' },
];

export const PERIODS: readonly Choice[] = [
  { seconds: 1, short: '1 s', title: '1 second' },
  { seconds: 5, short: '5 s', title: '5 seconds' },
  { seconds: 10, short: '10 s', title: '10 seconds' },
  { seconds: 30, short: '30 s', title: '30 seconds' },
  { seconds: MINUTE, short: '1 min', title: '1 minute' },
  { seconds: 5 * MINUTE, short: '5 min', title: '5 minutes' },
  { seconds: 15 * MINUTE, short: '15 min', title: '15 minutes' },
  { seconds: HOUR, short: '1 h', title: '1 hour' },
  { seconds: 6 * HOUR, short: '6 h', title: '6 hours' },
  { seconds: DAY, short: '1 d', title: '1 day' },
  { seconds: 7 * DAY, short: '7 d', title: '7 days' },
  { seconds: 30 * DAY, short: '30 d', title: '30 days' },
];

export const REFRESHES: readonly Choice[] = [
  { seconds: 0, short: 'Off', title: 'Off' },
  { seconds: 10, short: '10 s', title: 'Every 10 seconds' },
  { seconds: MINUTE, short: '1 min', title: 'Every minute' },
  { seconds: 2 * MINUTE, short: '2 min', title: 'Every 2 minutes' },
  { seconds: 5 * MINUTE, short: '5 min', title: 'Every 5 minutes' },
  { seconds: 15 * MINUTE, short: '15 min', title: 'Every 15 minutes' },
];

export function periodTitle(seconds: number): string {
  return PERIODS.find((p) => p.seconds === seconds)?.title ?? `${seconds} seconds`;
}

/** The first and last second of the range, not yet aligned. */
export function rangeWindow(range: Range, now: number): { start: number; end: number } {
  return range.kind === 'absolute' ? { start: range.start, end: range.end } : { start: now - range.seconds, end: now };
}

/** The window in whole periods of the clock, the running one included. */
export function alignedWindow(range: Range, now: number, period: number): { start: number; end: number } {
  const { start, end } = rangeWindow(range, now);
  return { start: Math.floor(start / period) * period, end: Math.ceil(end / period) * period };
}

/** A period that gives a readable graph, and that data of that age are still kept in. */
export function autoPeriod(range: Range, now: number): number {
  const { start, end } = rangeWindow(range, now);
  const age = now - start;
  const coarsest = age > 63 * DAY ? HOUR : age > 15 * DAY ? 5 * MINUTE : MINUTE;
  const length = end - start;
  const readable = length <= 3 * HOUR ? MINUTE : length <= DAY ? 5 * MINUTE : length <= 7 * DAY ? 15 * MINUTE : length <= 63 * DAY ? HOUR : DAY;
  return Math.max(coarsest, readable);
}

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

function parts(time: number, zone: Zone): Parts {
  const d = new Date(time * 1000);
  if (zone === 'UTC') {
    return {
      year: d.getUTCFullYear(),
      month: d.getUTCMonth() + 1,
      day: d.getUTCDate(),
      hour: d.getUTCHours(),
      minute: d.getUTCMinutes(),
      second: d.getUTCSeconds(),
    };
  }
  return {
    year: d.getFullYear(),
    month: d.getMonth() + 1,
    day: d.getDate(),
    hour: d.getHours(),
    minute: d.getMinutes(),
    second: d.getSeconds(),
  };
}

const two = (n: number): string => String(n).padStart(2, '0');

function date(p: Parts): string {
  return `${p.year}-${two(p.month)}-${two(p.day)}`;
}

/** `2026-11-23 16:05`, with seconds when there are any. */
export function formatTime(time: number, zone: Zone): string {
  const p = parts(time, zone);
  return `${date(p)} ${two(p.hour)}:${two(p.minute)}${p.second ? `:${two(p.second)}` : ''}`;
}

/** Labels of a time axis whose marks are `step` seconds apart: the date is written where a day begins. */
export function axisLabels(times: readonly number[], step: number, zone: Zone): string[] {
  let shown = '';
  return times.map((time) => {
    const p = parts(time, zone);
    const clock = `${two(p.hour)}:${two(p.minute)}${step < MINUTE ? `:${two(p.second)}` : ''}`;
    const day = `${two(p.month)}-${two(p.day)}`;
    if (step >= DAY) return day;
    const first = shown !== '' && shown !== day;
    shown = day;
    return first ? `${clock}\n${day}` : clock;
  });
}

/** The value of a `datetime-local` field. */
export function toField(time: number, zone: Zone): string {
  const p = parts(time, zone);
  return `${date(p)}T${two(p.hour)}:${two(p.minute)}`;
}

/** What a `datetime-local` field says, or null when it is empty or no time. */
export function fromField(text: string, zone: Zone): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) return null;
  const time = Date.parse(zone === 'UTC' ? `${text}Z` : text);
  return Number.isNaN(time) ? null : time / 1000;
}
