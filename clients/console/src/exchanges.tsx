import { useState } from 'preact/hooks';
import { curl, type Exchange, type Header } from './exchange';
import { pretty } from './format';

/** All exchanges, newest first. */
export function Exchanges({ exchanges }: { exchanges: Exchange[] }) {
  const write = exchanges.find(({ method }) => method !== 'GET');
  return (
    <section class="wire" aria-labelledby="wire">
      <h2 id="wire">On the wire</h2>
      {exchanges.map((exchange) => (
        <details key={exchange.id} open={exchange === write}>
          <summary>
            <code class="method">{exchange.method}</code> <code class="target">{target(exchange)}</code>
            <span class={`code c${String(exchange.response?.status ?? 0)[0]}`}>{exchange.response?.status ?? 'no response'}</span>
            <span class="duration">{exchange.duration.toFixed(0)} ms</span>
          </summary>
          <Exchanged exchange={exchange} />
        </details>
      ))}
    </section>
  );
}

function Exchanged({ exchange }: { exchange: Exchange }) {
  const { method, headers, body, response } = exchange;
  return (
    <>
      <Message title="Request" start={`${method} ${target(exchange)}`} headers={headers} body={body} />
      {response && (
        <Message title="Response" start={`${response.status} ${response.statusText}`} headers={response.headers} body={response.body} />
      )}
      <Curl line={curl(exchange)} />
    </>
  );
}

function Message({ title, start, headers, body }: { title: string; start: string; headers: Header[]; body: string }) {
  return (
    <>
      <h3>{title}</h3>
      <pre tabIndex={0} aria-label={title}>
        <b>{start}</b>
        {headers.map(([name, value]) => (
          <span key={name}>
            {'\n'}
            <i>{name}:</i> {value}
          </span>
        ))}
        {body !== '' && `\n\n${pretty(body)}`}
      </pre>
    </>
  );
}

function Curl({ line }: { line: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <>
      <h3>
        curl{' '}
        {/* Pages without TLS on another machine have no clipboard. */}
        {'clipboard' in navigator && (
          <button type="button" class="link" onClick={() => navigator.clipboard.writeText(line).then(() => setCopied(true))}>
            {copied ? 'Copied' : 'Copy'}
          </button>
        )}
      </h3>
      <pre tabIndex={0} aria-label="curl">
        {line}
      </pre>
    </>
  );
}

function target({ url }: Exchange): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
