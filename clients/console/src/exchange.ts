// Records requests and responses as they were sent.

export type Header = [name: string, value: string];

/** A request and its response, or the error instead of one. */
export interface Exchange {
  id: number;
  method: string;
  url: string;
  headers: Header[];
  body: string;
  /** Time until the response or the error, in milliseconds. */
  duration: number;
  response: RecordedResponse | undefined;
}

export interface RecordedResponse {
  status: number;
  statusText: string;
  headers: Header[];
  body: string;
}

/** Stands for the bearer token. */
const TOKEN = 'Bearer $TOKEN';

let count = 0;

/** A `fetch` that reports each exchange. */
export function recording(record: (exchange: Exchange) => void): typeof fetch {
  return async (input, init = {}) => {
    const request = {
      id: count++,
      method: init.method ?? 'GET',
      url: String(input),
      headers: Object.entries((init.headers ?? {}) as Record<string, string>).map(hidden),
      body: typeof init.body === 'string' ? init.body : '',
    };
    const start = performance.now();
    const done = (response?: RecordedResponse) => record({ ...request, response, duration: performance.now() - start });
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

/** The header, without the token if it is one: the exchanges are shown, and copied as curl commands. */
function hidden([name, value]: [string, string]): Header {
  return [name, name.toLowerCase() === 'authorization' ? TOKEN : value];
}

/** The request as a curl command for a POSIX shell. */
export function curl({ method, url, headers, body }: Exchange): string {
  const parts = ['curl -i'];
  if (method !== 'GET') parts.push(`-X ${method}`);
  parts.push(quoted(url), ...headers.map(([name, value]) => `-H ${header(name, value)}`));
  if (body !== '') parts.push(`-d ${quoted(body)}`);
  return parts.join(' \\\n  ');
}

/** In double quotes if the shell has to expand the token. */
function header(name: string, value: string): string {
  return value === TOKEN ? `"${name}: ${value}"` : quoted(`${name}: ${value}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
