/**
 * The XMLHttpRequest of browsers over fetch, as far as dicomweb-client uses it: asynchronous requests, text, JSON and array
 * buffers. It adds what a browser would add (Accept) and nothing else.
 */

type Handler = ((event: { readonly type: string }) => void) | null;

/** Subset of https://xhr.spec.whatwg.org. */
export class MinimalXmlHttpRequest {
  readyState = 0;
  status = 0;
  statusText = '';
  /** null until the answer is there. */
  response: unknown = null;
  responseType: '' | 'text' | 'json' | 'arraybuffer' = '';
  withCredentials = false;
  onreadystatechange: Handler = null;
  onloadstart: Handler = null;
  onloadend: Handler = null;
  onprogress: Handler = null;
  readonly #requestHeaders = new Headers({ Accept: '*/*' });
  #method = 'GET';
  #url = '';
  #answerHeaders = new Headers();

  open(method: string, url: string): void {
    this.#method = method.toUpperCase();
    this.#url = url;
    this.#advance(1);
  }

  setRequestHeader(name: string, value: string): void {
    this.#requestHeaders.set(name, value);
  }

  getResponseHeader(name: string): string | null {
    return this.#answerHeaders.get(name);
  }

  getAllResponseHeaders(): string {
    return [...this.#answerHeaders].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }

  send(body: ArrayBuffer | string | null = null): void {
    this.onloadstart?.({ type: 'loadstart' });
    this.#exchange(body)
      .catch((error: unknown) => {
        // A network error: status 0, no body.
        this.statusText = String(error);
      })
      .finally(() => {
        this.#advance(4);
        this.onloadend?.({ type: 'loadend' });
      });
  }

  async #exchange(body: ArrayBuffer | string | null): Promise<void> {
    const answer = await fetch(this.#url, { method: this.#method, headers: this.#requestHeaders, body });
    this.#answerHeaders = answer.headers;
    const bytes = await answer.arrayBuffer();
    this.response = this.#responseOf(bytes);
    this.status = answer.status;
  }

  #responseOf(bytes: ArrayBuffer): unknown {
    if (this.responseType === 'arraybuffer') return bytes;
    const text = Buffer.from(bytes).toString('utf8');
    if (this.responseType !== 'json') return text;
    return text === '' ? null : JSON.parse(text);
  }

  #advance(readyState: number): void {
    this.readyState = readyState;
    this.onreadystatechange?.({ type: 'readystatechange' });
  }
}

/** Gives the global scope an XMLHttpRequest; the returned function takes it away. */
export function installXmlHttpRequest(): () => void {
  Object.defineProperty(globalThis, 'XMLHttpRequest', { value: MinimalXmlHttpRequest, configurable: true });
  return () => void Reflect.deleteProperty(globalThis, 'XMLHttpRequest');
}
