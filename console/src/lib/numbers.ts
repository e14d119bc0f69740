// How values are written: exactly where there is room, shortened on an axis.

const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 4 });
const tiny = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

export function formatValue(value: number): string {
  return value !== 0 && Math.abs(value) < 0.001 ? tiny.format(value) : exact.format(value);
}

export function formatAxis(value: number): string {
  return Math.abs(value) >= 10_000 ? short.format(value) : formatValue(value);
}
