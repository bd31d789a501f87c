// Ids of segments and of quarantined objects: unique without a server, ordered by time.

/** Where {@link uuidV7Source} takes time and chance from. */
export interface UuidSources {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Fills the bytes with cryptographic randomness, e.g. `node:crypto` `randomFillSync`. */
  readonly fillRandom: (bytes: Uint8Array) => void;
}

/** Makes UUIDs of version 7 (RFC 9562 §5.7): 48 bits of milliseconds, 74 random bits, lower-case. */
export function uuidV7Source({ now, fillRandom }: UuidSources): () => string {
  return () => {
    const bytes = Buffer.alloc(16);
    fillRandom(bytes);
    bytes.writeUIntBE(now(), 0, 6);
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  };
}
