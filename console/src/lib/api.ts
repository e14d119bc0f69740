// The service as the page sees it: sign-in, and any AWS operation by name. JSON on the wire, as in AWS's JSON 1.0:
// member names of the API, timestamps as seconds since the epoch.

const ROOT = '/console/api';

/** A refusal by the service, in its own words. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }

  /** The session has ended or its key was disabled. */
  get signedOut(): boolean {
    return this.status === 401;
  }
}

export interface Session {
  signedIn: boolean;
  /** The service runs in its open local mode: any key is good. */
  open: boolean;
  region: string;
  account: string;
  user: string;
}

let clockOffset = 0;

/** The service's time in seconds. In local mode its clock can be ahead of the browser's. */
export function serviceNow(): number {
  return (Date.now() + clockOffset) / 1000;
}

export function getSession(): Promise<Session> {
  return request<Session>('GET', '/session');
}

export function signIn(accessKeyId: string, secretAccessKey: string, region: string): Promise<Session> {
  return request<Session>('POST', '/sign-in', { accessKeyId, secretAccessKey, region });
}

export function signOut(): Promise<Session> {
  return request<Session>('POST', '/sign-out', {});
}

/** Calls one operation of an AWS API as the signed-in key. */
export function call<T>(service: string, operation: string, params: object, signal?: AbortSignal): Promise<T> {
  return request<T>('POST', `/${service}/${operation}`, params, signal);
}

async function request<T>(method: 'GET' | 'POST', path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { 'Content-Type': 'application/json', 'X-Mailgauge-Console': '1' },
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal !== undefined) init.signal = signal;
  let response: Response;
  try {
    response = await fetch(ROOT + path, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError('Unreachable', 'The service does not answer. Is it running?', 0);
  }
  followClock(response);
  const answer = await readJson(response);
  if (!response.ok) throw toError(response.status, answer);
  return answer as T;
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

function followClock(response: Response): void {
  const time = Number(response.headers.get('X-Mailgauge-Time'));
  if (time > 0) clockOffset = time * 1000 - Date.now();
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new ApiError('BadAnswer', `The service gave an answer that is not JSON (status ${response.status}).`, response.status);
  }
}

function toError(status: number, answer: unknown): ApiError {
  const { __type, message } = (answer ?? {}) as { __type?: string; message?: string };
  const code = __type?.split('#').pop() ?? 'UnknownError';
  return new ApiError(code, message || `The service refused the request (${code}).`, status);
}
