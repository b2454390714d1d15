// How values read.

const money = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export const total = (cents: number) => money.format(cents / 100);

export const moment = (instant: Date | string) => time.format(new Date(instant));

/** The end of an id: the beginning of a version 7 UUID is a time, which neighbours share. */
export const short = (id: string) => `…${id.slice(-8)}`;

/** JSON with indentation; anything else as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
