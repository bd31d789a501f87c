/** How the text of a setting becomes a value: one zod schema per kind, each with a problem text that says what is right. */
import { z } from 'zod';
import { Secret } from './secret.ts';

/** What the documentation says of a setting. */
export interface SettingAbout {
  /** What it does, one sentence or two, plain words. */
  readonly about: string;
  /** A value to copy. */
  readonly example: string;
  /** What an unset one means, if that is not a default value. */
  readonly unset?: string;
}

/** {@link SettingAbout} with the default, as text. */
export interface SettingEntry extends SettingAbout {
  readonly default?: string;
}

/** The entry of each schema in the table. */
export const settingRegistry = z.registry<SettingEntry>();

type Text<T> = z.ZodType<T, string>;

/** A setting that has a value even if it is not set. */
export function withDefault<T>(
  schema: Text<T>,
  { default: text, ...about }: SettingAbout & { default: string },
) {
  return schema.prefault(text).register(settingRegistry, { ...about, default: text });
}

/** A setting that may be absent. */
export function optional<T>(schema: Text<T>, about: SettingAbout & { unset: string }) {
  return schema.optional().register(settingRegistry, about);
}

/** A whole number. */
export function wholeNumber(least: number, most: number): Text<number> {
  return parsed(`must be a whole number from ${least} to ${most}`, (text) => {
    const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1;
    return value >= least && value <= most ? value : undefined;
  });
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** A size in bytes: a whole number, or one with KiB, MiB, GiB or TiB behind it. */
export function byteSize(least = 0): Text<number> {
  const problem = 'must be a size: bytes, or a number with KiB, MiB, GiB or TiB';
  return parsed(least === 0 ? problem : `${problem}; at least ${least}`, (text) => {
    const [, digits, unit = ''] = /^([0-9]{1,15}) ?(KiB|MiB|GiB|TiB)?$/.exec(text) ?? [];
    const value = digits === undefined ? Number.NaN : Number(digits) * (UNITS[unit] ?? Number.NaN);
    return Number.isSafeInteger(value) && value >= least ? value : undefined;
  });
}

/** One of a few words. */
export function oneOf<const W extends readonly [string, ...string[]]>(words: W): Text<W[number]> {
  return parsed(`must be ${words.join(' or ')}`, (text) => words.find((word) => word === text));
}

/** `true` or `false`. */
export function yesOrNo(): Text<boolean> {
  return parsed('must be true or false', (text) =>
    text === 'true' ? true : text === 'false' ? false : undefined,
  );
}

/** Text without control characters. */
export function text(problem: string, form = /^[^\p{Cc}]+$/u): Text<string> {
  return parsed(problem, (value) => (form.test(value) ? value : undefined));
}

/** An address with one of these schemes; no user, query or fragment. Comes back without a slash at its end. */
export function url(problem: string, { pathAllowed }: { pathAllowed: boolean }): Text<string> {
  return parsed(problem, (value) => parseWebUrl(value, pathAllowed));
}

/** Origins (`https://viewer.example`), separated by commas. */
export function origins(): Text<readonly string[]> {
  return parsed('must be origins, scheme://host[:port], separated by commas', (value) => {
    const list = value.split(',').map((one) => parseWebUrl(one.trim(), false));
    return list.every((one) => one !== undefined) ? list : undefined;
  });
}

/** A secret of any form. */
export function secret(): Text<Secret> {
  return parsed('must not be empty', (value) => new Secret(value));
}

/** The address of a PostgreSQL database, which holds its password. */
export function databaseUrl(): Text<Secret> {
  return parsed('must be postgres://user:password@host:port/database', (value) => {
    const address = URL.parse(value);
    return address !== null && /^postgres(ql)?:$/.test(address.protocol) ? new Secret(value) : undefined;
  });
}

function parseWebUrl(value: string, pathAllowed: boolean): string | undefined {
  const address = URL.parse(value);
  if (address === null || !/^https?:$/.test(address.protocol)) return undefined;
  if (address.username !== '' || address.password !== '' || address.search !== '' || address.hash !== '')
    return undefined;
  if (address.pathname !== '/' && !pathAllowed) return undefined;
  return address.origin + address.pathname.replace(/\/+$/, '');
}

function parsed<T>(problem: string, parse: (text: string) => T | undefined): Text<T> {
  return z.string().transform((value, context) => {
    const result = parse(value);
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });
}

/** A host name, an address, or a name like one. */
export const HOST = /^[A-Za-z0-9.:_-]+$/;
/** A bucket's name. */
export const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Segments of an object key. */
export const PREFIX = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;
