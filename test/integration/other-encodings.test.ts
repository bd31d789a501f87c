/**
 * The same instance in another encoding (design §2.5b), over HTTP on both stores: recognised whichever came first and however
 * they came; another image never is. The bytes that came first stay, the others go once those were read again.
 */
import { createHash } from 'node:crypto';
import { type DicomJson, type TransferSyntax, TransferSyntaxes } from '@sandyq/dicom';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { type DeployedArchive, deployArchive, waitForSupersession } from '../support/deploy-archive.ts';
import { deployments } from '../support/deployments.ts';
import { firstOf, get, getJson, storeMany, storeOne } from '../support/dicomweb.ts';
import {
  encodeImage,
  type ImageOptions,
  imageEncodings,
  type PlainImage,
} from '../support/encoded-images.ts';
import { FreshUids, withFreshUids } from '../support/fresh-uids.ts';
import { noisyImage, withOneOtherPixel } from '../support/pixel-noise.ts';
import { SeededRandom, testSeed } from '../support/seeded-random.ts';

const s3 = await s3ForTests();
afterAll(() => s3.release());

const seed = testSeed();
const random = new SeededRandom(seed);
const { ExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless } =
  TransferSyntaxes;
const native = ExplicitVRLittleEndian;
const others = imageEncodings.filter(({ uid }) => uid !== native.uid);

const sameElsewhere = { status: 202, kind: 'stored', reason: 'equal-in-another-encoding' };
const refused = { status: 409, kind: 'failed', reason: 'duplicate-sop-instance' };

let lastStudy = 0;

/** An image of an instance of its own, to be encoded. */
class Sample {
  readonly ids: { studyInstanceUid: string; seriesInstanceUid: string; sopInstanceUid: string };
  readonly image: PlainImage;

  constructor(frames = 1) {
    lastStudy += 1;
    const studyInstanceUid = `2.25.77.${lastStudy}`;
    this.ids = {
      studyInstanceUid,
      seriesInstanceUid: `${studyInstanceUid}.1`,
      sopInstanceUid: `${studyInstanceUid}.1.1`,
    };
    this.image = noisyImage(random, frames);
  }

  as(syntax: TransferSyntax, options: ImageOptions = {}): Promise<Buffer> {
    return encodeImage(this.ids, this.image, syntax, options);
  }

  changedAs(syntax: TransferSyntax): Promise<Buffer> {
    return encodeImage(this.ids, withOneOtherPixel(this.image), syntax);
  }

  get path(): string {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = this.ids;
    return `${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}`;
  }
}

for (const deployment of deployments(s3, 'two')) {
  describe.skipIf(deployment.isSkipped)(`other encodings, ${deployment.name}, seed ${seed}`, () => {
    let archive: DeployedArchive;

    beforeAll(async () => {
      archive = await deployArchive(deployment);
    });
    afterAll(() => archive?.stop());

    const send = (bytes: Uint8Array) => storeOne(archive.url, bytes);

    async function original({ path }: Sample): Promise<Buffer> {
      return (await get(`${archive.url}/originals/${path}`)).body;
    }

    async function quarantined({ ids }: Sample): Promise<readonly QuarantineRow[]> {
      const found = await archive.database.query<QuarantineRow>({
        text: `select encode(sha256, 'hex') as sha256, message from quarantine where sop_instance_uid = $1`,
        values: [ids.sopInstanceUid],
      });
      return found.rows;
    }

    async function instances({ ids }: Sample): Promise<unknown> {
      const url = `${archive.url}/dicom-web/studies?StudyInstanceUID=${ids.studyInstanceUid}`;
      const [study] = await getJson<DicomJson[]>(url);
      return firstOf(study?.['00201208']);
    }

    it.each(others)('are success with a warning in either order: $name', async (syntax) => {
      await Promise.all([sendBoth(native, syntax), sendBoth(syntax, native)]);
    });

    async function sendBoth(first: TransferSyntax, second: TransferSyntax): Promise<void> {
      const sample = new Sample(second === JPEG2000Lossless ? 3 : 1);
      const [before, after] = [await sample.as(first), await sample.as(second)];
      expect(await send(before)).toMatchObject({ status: 200, kind: 'stored', reason: undefined });
      expect(await send(after)).toMatchObject(sameElsewhere);
      // Known by now: nothing is stored or decoded for it.
      expect(await send(after)).toMatchObject(sameElsewhere);
      expect(await original(sample)).toEqual(before);
      expect(await instances(sample)).toBe(1);
      expect(await quarantined(sample)).toEqual([]);
    }

    it.skipIf(skipWithoutCorpus)('are recognised in files of other toolkits: lossless JPEG', async () => {
      const files = ['sc/SC_rgb.dcm', 'syntaxes/one-small-rgb/SC_rgb_jpeg_gdcm.dcm'];
      for (const [turn, order] of [files, files.toReversed()].entries()) {
        const [before = Buffer.of(), after = Buffer.of()] = order.map((path) => renamed(path, turn));
        expect(await send(before)).toMatchObject({ status: 200, reason: undefined });
        expect(await send(after)).toMatchObject(sameElsewhere);
      }
    });

    it('with one other pixel are another instance, and kept', async () => {
      for (const [first, second] of [
        [native, JPEGLSLossless],
        [HTJ2KLossless, RLELossless],
        [JPEG2000Lossless, native],
      ] as const) {
        const sample = new Sample(2);
        const before = await sample.as(first);
        const changed = await sample.changedAs(second);
        expect(await send(before)).toMatchObject({ status: 200 });
        expect(await send(changed)).toMatchObject(refused);
        expect(await quarantined(sample)).toEqual([
          {
            sha256: sha256(changed),
            message: 'another instance with other content has this SOP Instance UID',
          },
        ]);
        expect(await original(sample)).toEqual(before);
      }
    });

    it('that cannot be decoded are kept, and the entry says why', async () => {
      const sample = new Sample();
      await send(await sample.as(native));
      const cut = await sample.as(JPEG2000Lossless, {
        spoil: (frame) => frame.subarray(0, frame.length / 2),
      });
      expect(await send(cut)).toMatchObject(refused);
      expect(await quarantined(sample)).toEqual([
        {
          sha256: sha256(cut),
          message: expect.stringContaining('cannot be compared (truncated-codestream)'),
        },
      ]);
    });

    it('with other patient attributes are a proposed correction, if the pixels are the same', async () => {
      const sample = new Sample();
      await send(await sample.as(native));
      const patientName = 'Сынақ^Айгүл^Серікқызы';
      const corrected = await sample.as(HTJ2KLossless, { patientName });
      expect(await send(corrected)).toMatchObject({ status: 202, reason: 'proposed-correction' });
      expect(await send(corrected)).toMatchObject({ status: 202, reason: 'proposed-correction' });
      const { ids, image } = sample;
      const changed = await encodeImage(ids, withOneOtherPixel(image), HTJ2KLossless, { patientName });
      expect(await send(changed)).toMatchObject(refused);
    });

    it('sent at once: one is stored, the others are the same', async () => {
      for (let round = 0; round < 2; round += 1) {
        const sample = new Sample();
        const files = await Promise.all(imageEncodings.map((syntax) => sample.as(syntax)));
        const verdicts = await Promise.all(files.map(send));
        const plain = verdicts.filter(({ kind, reason }) => kind === 'stored' && reason === undefined);
        const same = verdicts.filter(({ reason }) => reason === 'equal-in-another-encoding');
        expect([plain.length, same.length]).toEqual([1, files.length - 1]);
        const held = await original(sample);
        expect(held).toEqual(files[verdicts.findIndex(({ reason }) => reason === undefined)]);
        expect(await instances(sample)).toBe(1);
      }
    });

    it('in one request are judged one by one', async () => {
      const sample = new Sample();
      const files = [
        await sample.as(RLELossless),
        await sample.as(native),
        await sample.changedAs(JPEGLSLossless),
      ];
      const { status, verdicts } = await storeMany(archive.url, files);
      expect(status).toBe(202);
      expect(verdicts.map(({ reason }) => reason ?? 'plain').sort()).toEqual([
        'duplicate-sop-instance',
        'equal-in-another-encoding',
        'plain',
      ]);
      expect(await original(sample)).toEqual(files[0]);
    });

    it('leave no bytes behind but the first ones and what is kept', async () => {
      await waitForSupersession(archive);
      const kept = await archive.database.query<{ bytes: number }>({
        text: `select count(*)::int as bytes from segment g where state = 'live'
          and not exists (select from instance i where i.segment_id = g.segment_id)
          and not exists (select from quarantine q where q.segment_id = g.segment_id)
          and not exists (select from proposed_correction c where c.segment_id = g.segment_id)`,
      });
      expect(kept.rows).toEqual([{ bytes: 0 }]);
    }, 60_000);
  });
}

interface QuarantineRow {
  readonly sha256: string;
  readonly message: string;
}

/** The file under UIDs that are the same for every file of this turn. */
function renamed(path: string, turn: number): Buffer {
  const uids = new FreshUids();
  for (let used = 0; used < 3 * turn; used += 1) uids.next(10);
  return withFreshUids(readCorpusFile(path), uids).bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
