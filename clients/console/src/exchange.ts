// What goes over the wire, kept as it was.

export type Header = [name: string, value: string];

/** A request and what came of it. */
export interface Exchange {
  id: number;
  method: string;
  url: string;
  headers: Header[];
  body: string;
  /** Until it arrived or failed, in milliseconds. */
  duration: number;
  answer: Answer | undefined;
}

export interface Answer {
  status: number;
  statusText: string;
  headers: Header[];
  body: string;
}

let count = 0;

/** A `fetch` that tells what it does. */
export function recording(record: (exchange: Exchange) => void): typeof fetch {
  return async (input, init = {}) => {
    const request = {
      id: count++,
      method: init.method ?? 'GET',
      url: String(input),
      headers: Object.entries((init.headers ?? {}) as Record<string, string>),
      body: typeof init.body === 'string' ? init.body : '',
    };
    const start = performance.now();
    const done = (answer?: Answer) => record({ ...request, answer, duration: performance.now() - start });
    try {
      const response = await fetch(input, init);
      const { status, statusText } = response;
      done({ status, statusText, headers: [...response.headers], body: await response.clone().text() });
      return response;
    } catch (error) {
      done();
      throw error;
    }
  };
}

/** The same request for a POSIX shell. */
export function curl({ method, url, headers, body }: Exchange): string {
  const parts = ['curl -i'];
  if (method !== 'GET') parts.push(`-X ${method}`);
  parts.push(quoted(url), ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`));
  if (body !== '') parts.push(`-d ${quoted(body)}`);
  return parts.join(' \\\n  ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
