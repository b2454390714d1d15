// Formats values for display.

const money = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export const total = (cents: number) => money.format(cents / 100);

export const moment = (instant: Date | string) => time.format(new Date(instant));

/** The last digits of an id. The first ones of a version 7 UUID are a time, and alike in neighbours of a list. */
export const short = (id: string) => `…${id.slice(-8)}`;

/** Indents JSON. Other text is returned unchanged. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
