/** CRC-32 (ISO 3309) of two texts put together, from the CRC of each: as zlib's crc32_combine does it, which Node has not. */

const POLYNOMIAL = 0xedb8_8320;
const X0 = 0x8000_0000;
const X1 = 0x4000_0000;

/** CRC-32 of `first` followed by `second`, of which `secondBytes` is the length. */
export function combineCrc32(first: number, second: number, secondBytes: number): number {
  return (times(first, powerOfX(secondBytes)) ^ second) >>> 0;
}

/** x to the power of 8 × bytes, modulo the polynomial. Bits stand in reflected order: the highest is x to the power of 0. */
function powerOfX(bytes: number): number {
  let power = X0;
  let square = times(times(X1, X1), times(X1, X1));
  square = times(square, square);
  // Halved by division: lengths may have more than 32 bits.
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = times(power, square);
    square = times(square, square);
  }
  return power;
}

/** The product of two polynomials, modulo the one of the CRC. */
function times(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = X0; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}
