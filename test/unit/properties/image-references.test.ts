import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeployError } from '../../../src/domain/errors.js';
import {
  canonicalRepository,
  isDigest,
  isTag,
  parseImageReference,
  repositoryOf,
  type ImageReference,
} from '../../../src/domain/image/image-reference.js';
import { property, PROPERTY_TIMEOUT_MS } from '../../support/property-runs.js';
import {
  bitten,
  byGrammar,
  digestText,
  registryHost,
  repositoryPath,
  tagText,
} from './reference-grammar.js';

/** Any input: references, near misses and arbitrary text. */
const written = fc
  .tuple(fc.option(registryHost), repositoryPath, fc.option(tagText), fc.option(digestText))
  .map(([host, path, tag, digest]) => {
    const before = host === null ? '' : `${host}/`;
    return `${before}${path}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
  });
const anything = fc.oneof(
  written,
  bitten(written),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom(...Array.from('ab/:@.-_A0[]')), maxLength: 24 }),
);

function parsed(text: string): ImageReference | null {
  try {
    return parseImageReference(text);
  } catch (error) {
    expect(error).toBeInstanceOf(DeployError);
    expect(error).toMatchObject({ code: 'invalid-reference' });
    return null;
  }
}

function printed(reference: ImageReference): string {
  const { tag, digest } = reference;
  const tagged = `${repositoryOf(reference)}${tag === null ? '' : `:${tag}`}`;
  return `${tagged}${digest === null ? '' : `@${digest}`}`;
}

describe('any text as an image reference', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  it('is parsed as by the grammar of distribution/reference, or refused with invalid-reference', () => {
    property(3_000, [anything], (text) => {
      expect(parsed(text)).toEqual(byGrammar(text));
    });
  });

  it('survives printing and parsing, and its canonical form is stable', () => {
    property(2_000, [fc.oneof(written, bitten(written))], (text) => {
      const reference = parsed(text);
      if (reference === null) return;
      expect(parseImageReference(printed(reference))).toEqual(reference);
      const canonical = canonicalRepository(text);
      expect(canonicalRepository(canonical)).toBe(canonical);
      expect(reference.tag === null || isTag(reference.tag)).toBe(true);
      expect(reference.digest === null || isDigest(reference.digest)).toBe(true);
    });
  });

  it('is refused with a short message on one line, however long it is', () => {
    property(500, [bitten(written), fc.nat(2_000)], (text, times) => {
      try {
        parseImageReference(text.repeat(times + 1));
      } catch (error) {
        const { message } = error as DeployError;
        expect(message.length).toBeLessThan(4_000);
        expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
    });
  });
});

describe('tags and digests', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  it('are recognised by their grammar', () => {
    property(2_000, [fc.oneof(tagText, bitten(tagText))], (text) => {
      expect(isTag(text)).toBe(/^\w[\w.-]{0,127}$/.test(text) && !text.endsWith('\n'));
    });
    property(1_000, [fc.oneof(digestText, bitten(digestText))], (text) => {
      const [algorithm = '', hex = '', ...more] = text.split(':');
      const length = new Map([
        ['sha256', 64],
        ['sha384', 96],
        ['sha512', 128],
      ]).get(algorithm);
      const isOne = more.length === 0 && hex.length === length && !/[^0-9a-f]/.test(hex);
      expect(isDigest(text)).toBe(isOne);
    });
  });
});
