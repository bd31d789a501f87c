import { describe, expect, it } from 'vitest';
import { withShutter } from './display-shutter.ts';
import {
  beforeOrientation,
  cutOut,
  type Orientation,
  oriented,
  quarterTurnsOf,
  upsideDown,
} from './picture-geometry.ts';
import { aspectOf, squarePixels } from './pixel-aspect.ts';

/** 1 2 3 / 4 5 6. */
const picture = { rows: 2, columns: 3, channels: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;

describe('pictures', () => {
  it('are cut out, black beyond their edges', () => {
    expect(cutOut(picture, { left: 0, top: 0, width: 3, height: 2 })).toBe(picture);
    expect([...cutOut(picture, { left: 1, top: 1, width: 2, height: 1 }).pixels]).toEqual([5, 6]);
    expect(cutOut(picture, { left: -1, top: 1, width: 3, height: 2 })).toEqual({
      rows: 2,
      columns: 3,
      channels: 1,
      pixels: Uint8Array.of(0, 4, 5, 0, 0, 0),
    });
    expect([...cutOut(picture, { left: 9, top: 9, width: 2, height: 1 }).pixels]).toEqual([0, 0]);
    const colour = { rows: 1, columns: 2, channels: 3, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;
    expect([...cutOut(colour, { left: 1, top: 0, width: 1, height: 1 }).pixels]).toEqual([4, 5, 6]);
  });

  it('are the same whether they are turned and cut, or cut and turned', () => {
    const whole = { left: 0, top: 0, width: 3, height: 2 };
    for (const quarterTurns of [0, 1, 2, 3] as const) {
      for (const isMirrored of [false, true]) {
        const orientation = { quarterTurns, isMirrored };
        const turned = oriented(picture, orientation);
        for (let left = 0; left < turned.columns; left++) {
          for (let top = 0; top < turned.rows; top++) {
            const part = { left, top, width: turned.columns - left, height: 1 };
            const before = cutOut(picture, beforeOrientation(part, whole, orientation));
            expect(oriented(before, orientation), JSON.stringify({ orientation, part })).toEqual(
              cutOut(turned, part),
            );
          }
        }
      }
    }
  });

  it.each<[Orientation, number[][]]>([
    [
      { quarterTurns: 1, isMirrored: false },
      [
        [4, 1],
        [5, 2],
        [6, 3],
      ],
    ],
    [
      { quarterTurns: 2, isMirrored: false },
      [
        [6, 5, 4],
        [3, 2, 1],
      ],
    ],
    [
      { quarterTurns: 3, isMirrored: false },
      [
        [3, 6],
        [2, 5],
        [1, 4],
      ],
    ],
    [
      { quarterTurns: 0, isMirrored: true },
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ],
    // Turned first, mirrored then.
    [
      { quarterTurns: 1, isMirrored: true },
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ],
    [
      upsideDown({ quarterTurns: 0, isMirrored: false }),
      [
        [4, 5, 6],
        [1, 2, 3],
      ],
    ],
    [
      upsideDown({ quarterTurns: 0, isMirrored: true }),
      [
        [6, 5, 4],
        [3, 2, 1],
      ],
    ],
  ])('are turned and mirrored: %j', (orientation, expected) => {
    const { rows, columns, pixels } = oriented(picture, orientation);
    expect({ rows, columns }).toEqual({ rows: expected.length, columns: expected[0]?.length });
    expect([...pixels]).toEqual(expected.flat());
  });

  it('turn by whole quarters', () => {
    expect([-1, 0, 3, 4, 5].map(quarterTurnsOf)).toEqual([3, 0, 3, 0, 1]);
  });
});

describe('shutters', () => {
  const white = { rows: 5, columns: 5, channels: 1, pixels: new Uint8Array(25).fill(255) } as const;
  const seen = (...shapes: Parameters<typeof withShutter>[1]['shapes']) => {
    const { pixels } = withShutter(white, { shapes, shade: 7 });
    return Array.from({ length: 5 }, (_, row) =>
      [...pixels.subarray(row * 5, row * 5 + 5)]
        .map((shade) => (shade === 255 ? '#' : shade === 7 ? '.' : '?'))
        .join(''),
    );
  };

  it('cover what is outside of all shapes', () => {
    expect(seen()).toEqual(Array.from({ length: 5 }, () => '#####'));
    expect(seen({ kind: 'rectangle', left: 2, right: 4, top: 1, bottom: 2 })).toEqual([
      '.###.',
      '.###.',
      '.....',
      '.....',
      '.....',
    ]);
    expect(seen({ kind: 'circle', row: 3, column: 3, radius: 2 })).toEqual([
      '..#..',
      '.###.',
      '#####',
      '.###.',
      '..#..',
    ]);
    const triangle = {
      kind: 'polygon',
      vertices: [
        [1, 1],
        [5, 1],
        [5, 5],
      ],
    } as const;
    expect(seen(triangle)).toEqual(['#....', '##...', '###..', '####.', '.....']);
    expect(seen(triangle, { kind: 'rectangle', left: 2, right: 5, top: 1, bottom: 5 })).toEqual([
      '.....',
      '.#...',
      '.##..',
      '.###.',
      '.....',
    ]);
  });
});

describe('pixels that are not square', () => {
  it('make the short side grow', () => {
    expect(squarePixels({ width: 256, height: 120 }, aspectOf([4, 3]) ?? 0)).toEqual({
      width: 256,
      height: 160,
    });
    expect(squarePixels({ width: 10, height: 10 }, 0.5)).toEqual({ width: 20, height: 10 });
  });

  it('are square where the numbers make no sense', () => {
    expect([undefined, [], [1], [0, 1], [1, 0], [-1, 1], [1, 1000], [Number.NaN, 1]].map(aspectOf)).toEqual(
      Array.from({ length: 8 }, () => undefined),
    );
    expect(aspectOf([0.5, 0.501])).toBe(1);
  });
});
