/** OHIF in a browser, as tests use it: opens a study, waits for its picture, looks at the canvas. */
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';

/** What the canvas shows; see in-page.js. */
export interface Pixels {
  readonly digest: number;
  readonly levels: number;
}

/** Red, green, blue. */
export type Colour = readonly [number, number, number];

/** A page with a study. */
export class ViewerWindow {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens a study and waits until a picture of it is drawn. */
  static async open(context: BrowserContext, studyInstanceUid: string): Promise<ViewerWindow> {
    const page = await context.newPage();
    await page.addInitScript({ path: join(import.meta.dirname, 'in-page.js') });
    await page.goto(`/viewer/viewer?StudyInstanceUIDs=${studyInstanceUid}`);
    const opened = new ViewerWindow(page);
    await opened.until('hasPicture');
    return opened;
  }

  /** Waits until what in-page.js answers is true. */
  async until(predicate: string, ...values: readonly unknown[]): Promise<void> {
    await this.page.waitForFunction(askInPage, [predicate, values] as const);
  }

  /** What in-page.js answers. */
  async ask<T>(question: string, ...values: readonly unknown[]): Promise<T> {
    return (await this.page.evaluate(askInPage, [question, values] as const)) as T;
  }

  /** Turns the wheel over the picture by one step. */
  async scroll(): Promise<void> {
    await this.page.locator('[data-cy="viewport-pane"]').hover();
    await this.page.mouse.wheel(0, 100);
  }

  /** Presses the button that plays a loop. */
  async play(): Promise<void> {
    await this.page.locator('[data-cy="cine-player-play-pause"]').click();
  }

  /** Waits until the colours at these places of the image are near these; fails with what is there. */
  async untilColours(expected: readonly (readonly [Place, Colour])[], tolerance: number): Promise<void> {
    const places = expected.map(([place]) => place);
    const colours = expected.map(([, colour]) => colour);
    try {
      await this.page.waitForFunction(askInPage, ['coloursAreNear', [places, colours, tolerance]] as const, {
        timeout: 20_000,
      });
    } catch (error) {
      const found = await this.ask<Colour[]>('coloursAt', places);
      throw new Error(`colours ${JSON.stringify(found)}, expected ${JSON.stringify(colours)}`, {
        cause: error,
      });
    }
  }
}

/** Runs in the page; a function, not a text, which the page's policy would forbid. */
function askInPage([name, values]: readonly [string, readonly unknown[]]): unknown {
  const look = Reflect.get(globalThis, 'sandyqLook') as Record<string, (...values: unknown[]) => unknown>;
  return look[name]?.(...values);
}

/** [column, row], from 0. */
export type Place = readonly [number, number];
