// Trying again: when, how often, and how long to wait.

import { errorOf, NetworkError, OrdersError, OverloadedError, RequestInProgressError } from './errors.js';
import { FetchError, ResponseError } from './generated/index.js';

/** How a call is retried. */
export interface RetryOptions {
  /** How often a call is tried at most. Default 5. */
  attempts?: number;
  /** The longest wait after the first failure, in milliseconds; it doubles from then on. Default 100. */
  firstDelay?: number;
  /** No wait is longer; a service that asks for more is not asked again. Default 20 000. */
  longestDelay?: number;
  /** How long one attempt may take, in milliseconds. Default 15 000. */
  timeout?: number;
}

/** What an attempt gets. */
export interface Attempt {
  /** Ends the attempt: the caller has lost interest, or it has taken too long. */
  signal: AbortSignal;
  /** An earlier attempt failed in a way that leaves open whether it was carried out. */
  mayBeDone: boolean;
}

/** Tries until it succeeds, fails for good or has been tried often enough. Aborting rejects with the signal's reason. */
export async function retrying<T>(
  options: RetryOptions,
  caller: AbortSignal | undefined,
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const { attempts = 5, firstDelay = 100, longestDelay = 20_000, timeout = 15_000 } = options;
  for (let tried = 1, mayBeDone = false; ; tried++) {
    caller?.throwIfAborted();
    const late = AbortSignal.timeout(timeout);
    const signal = caller ? AbortSignal.any([caller, late]) : late;
    try {
      return await attempt({ signal, mayBeDone });
    } catch (thrown) {
      caller?.throwIfAborted();
      const error = await understood(thrown);
      if (!isTransient(error)) throw error;
      const asked = error instanceof NetworkError ? 0 : (error.retryAfter ?? 0);
      if (tried >= attempts || asked > longestDelay) throw error;
      // Full jitter: clients that failed together do not come back together.
      const jittered = Math.random() * Math.min(longestDelay, firstDelay * 2 ** (tried - 1));
      await pause(asked + jittered, caller);
      mayBeDone ||= !(error instanceof RequestInProgressError);
    }
  }
}

function isTransient(error: unknown): error is NetworkError | OverloadedError | RequestInProgressError {
  return error instanceof NetworkError || error instanceof OverloadedError || error instanceof RequestInProgressError;
}

/** What the generated client throws, in our terms; anything else is somebody's bug and stays as it is. */
async function understood(thrown: unknown): Promise<unknown> {
  if (thrown instanceof OrdersError) return thrown;
  if (thrown instanceof ResponseError) return errorOf(thrown.response);
  if (thrown instanceof FetchError) return new NetworkError('no answer', { cause: thrown.cause });
  // The answer broke off while its body was read, or that took too long.
  if (thrown instanceof TypeError || thrown instanceof DOMException) return new NetworkError('no whole answer', { cause: thrown });
  return thrown;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason); // its event is over
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
