/** Runs in every page of a test, before its own scripts: looks at the first viewport of OHIF through its own interface. */
window.sandyqLook = {
  viewport() {
    return window.cornerstone?.getRenderingEngines?.()?.[0]?.getViewports?.()?.[0];
  },

  hasPicture() {
    return this.shownIndex() !== undefined;
  },

  /** Index of the image that is shown, from 0; undefined while none is. */
  shownIndex() {
    const viewport = this.viewport();
    return viewport?.getImageData?.()?.imageData === undefined
      ? undefined
      : viewport.getCurrentImageIdIndex();
  },

  count() {
    return this.viewport()?.getImageIds().length;
  },

  /** How the pixels of the canvas are, one of seven: a digest, and how many levels of grey there are. */
  pixels() {
    const canvas = this.viewport().getCanvas();
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let digest = 0;
    const levels = new Set();
    for (let index = 0; index < data.length; index += 28) {
      digest = (Math.imul(digest, 31) + data[index] + 256 * data[index + 1] + 65_536 * data[index + 2]) | 0;
      levels.add(data[index]);
    }
    return { digest, levels: levels.size };
  },

  /** [red, green, blue] on the canvas where these [column, row] of the image are. */
  coloursAt(places) {
    const viewport = this.viewport();
    const { imageData } = viewport.getImageData();
    const context = viewport.getCanvas().getContext('2d');
    return places.map(([column, row]) => {
      const [x, y] = viewport.worldToCanvas(imageData.indexToWorld([column, row, 0]));
      const pixel = context.getImageData(Math.round(x), Math.round(y), 1, 1).data;
      return Array.from(pixel.slice(0, 3));
    });
  },

  /** Whether the canvas shows a picture that is none of these. */
  showsAnother(digests) {
    const { digest, levels } = this.pixels();
    return levels > 1 && !digests.includes(digest);
  },

  isAt(index) {
    return this.shownIndex() === index;
  },

  isBeyond(index) {
    return this.shownIndex() > index;
  },

  /** Whether a person reads this somewhere on the page. */
  reads(text) {
    return document.body.innerText.includes(text);
  },

  scrollTo(index) {
    return this.viewport().setImageIdIndex(index);
  },

  /** From now on, which images are shown, and which pictures are drawn, is noted. */
  watchFrames() {
    const seen = { indexes: new Set(), digests: new Set(), isEnough: false };
    this.seen = seen;
    const look = () => {
      seen.indexes.add(this.shownIndex());
      seen.digests.add(this.pixels().digest);
      if (!seen.isEnough) requestAnimationFrame(look);
    };
    look();
  },

  /** Whether so many were; then there is no need to look any longer. */
  hasSeen(count) {
    const { seen } = this;
    seen.isEnough = seen.indexes.size >= count && seen.digests.size >= count;
    return seen.isEnough;
  },

  coloursAreNear(places, colours, tolerance) {
    const near = (value, expected) => Math.abs(value - expected) <= tolerance;
    return this.coloursAt(places).every((colour, place) =>
      colour.every((value, sample) => near(value, colours[place][sample])),
    );
  },
};
