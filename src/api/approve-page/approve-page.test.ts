import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aDeployment, aDigest } from '../../../test/unit/storage/samples.js';
import { CONTENT_POLICY, questionPage } from './approve-page.js';
import { markup } from './markup.js';

describe('markup', () => {
  it('escapes strings and nothing else', () => {
    const items = ['<b>', '&'].map((text) => markup`<li title="${text}">${text}</li>`);
    expect(markup`<ul>${items}</ul>${`"'`}`.text).toBe(
      '<ul><li title="&lt;b&gt;">&lt;b&gt;</li><li title="&amp;">&amp;</li></ul>&quot;&#39;',
    );
  });
});

describe('the page of an approve link', () => {
  const hostile = '<script>"&\'</script>';
  const link = {
    id: 'x',
    deployment: 'x',
    digest: aDigest('1'),
    person: 'anna',
    expiresAt: '2026-03-01T10:00:00.000Z',
  };

  it('shows every name as text', () => {
    const deployment = aDeployment({
      environment: hostile,
      service: hostile,
      image: hostile,
      tag: hostile,
      digest: aDigest('1'),
      trigger: { kind: 'api', by: hostile, delivery: null },
    });
    const { text } = questionPage(link, {
      deployment,
      approver: { name: hostile, role: 'operator' },
    });
    expect(text).not.toContain('<script');
    expect(text.match(/&lt;script&gt;&quot;&amp;&#39;&lt;\/script&gt;/g)?.length).toBeGreaterThan(
      6,
    );
    expect(text).toContain(aDigest('1'));
  });

  it('loads and runs nothing', () => {
    const question = {
      deployment: aDeployment(),
      approver: { name: 'anna', role: 'operator' },
    } as const;
    expect(questionPage(link, question).text).not.toMatch(/ (?:src|href|action|on\w+|style)=/);
  });

  it('contains only the style that its policy allows', () => {
    const question = {
      deployment: aDeployment(),
      approver: { name: 'anna', role: 'operator' },
    } as const;
    const style = /<style>([^<]*)<\/style>/.exec(questionPage(link, question).text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(CONTENT_POLICY).toContain(`style-src 'sha256-${hash}'`);
  });
});
