import { expect, it } from 'vitest';
import { pagesOf } from './pages.ts';

it('cuts by number', () => {
  const items = Array.from({ length: 300 }, (_, index) => index);
  const pages = [...pagesOf(items)];
  expect(pages.map((page) => page.length)).toEqual([128, 128, 44]);
  expect(pages.flat()).toEqual(items);
});

it('cuts by weight, and lets one heavy item be a page', () => {
  const weights = [200_000, 60_000, 5_000_000, 1, 1];
  expect([...pagesOf(weights, (weight) => weight)]).toEqual([[200_000, 60_000], [5_000_000], [1, 1]]);
});

it('makes no page of nothing', () => {
  expect([...pagesOf([])]).toEqual([]);
});
