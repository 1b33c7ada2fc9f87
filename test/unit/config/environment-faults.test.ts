import { describe } from 'vitest';
import { itTells, STAGING, TAG, WEB } from './fault-cases.js';

describe('environments and services', () => {
  itTells([
    [
      'an undefined engine',
      `${STAGING}    engine: prod\n`,
      '3:13: environments.staging.engine',
      'no engine "prod"',
    ],
    [
      'no engine local',
      `engines: { prod: {} }\n${STAGING}    services: {}\n`,
      '3:3: environments.staging.engine',
      'defined: prod',
    ],
    [
      'a name of an environment',
      'environments:\n  a b: {}\n',
      '2:3: environments."a b"',
      '1 to 63',
    ],
    [
      'a name of a service',
      `${STAGING}    services:\n      _web: { container: web, image: a/b, tag: c }\n`,
      '4:7: environments.staging.services._web',
      '1 to 63',
    ],
    [
      'services as a list',
      `${STAGING}    services: [web]\n`,
      '3:15: environments.staging.services',
      'a map',
    ],
    [
      'no container',
      `${STAGING}    services:\n      web: { image: a/b, tag: c }\n`,
      '4:7: environments.staging.services.web.container',
      'is missing',
    ],
    [
      'no image',
      `${STAGING}    services:\n      web: { container: web, tag: c }\n`,
      '4:7: environments.staging.services.web.image',
      'is missing',
    ],
    ['no tag', WEB, '4:7: environments.staging.services.web.tag', 'is missing'],
    [
      'a container with a slash',
      `${STAGING}    services:\n      web: { container: /web, image: a/b, tag: c }\n`,
      '4:25: environments.staging.services.web.container',
      'leave the slash out',
    ],
    [
      'a container of one letter',
      `${STAGING}    services:\n      web: { container: w, image: a/b, tag: c }\n`,
      '4:25: environments.staging.services.web.container',
      'at least two',
    ],
    [
      "one of Deploy's own containers",
      `${STAGING}    services:\n      web: { container: w.deploy-old, image: a/b, tag: c }\n`,
      '4:25: environments.staging.services.web.container',
      'of its own',
    ],
    [
      'an image with a tag',
      `${STAGING}    services:\n      web: { container: web, image: 'a/b:1', tag: c }\n`,
      '4:37: environments.staging.services.web.image',
      '"1" at tag',
    ],
    [
      'an image in capitals',
      `${STAGING}    services:\n      web: { container: web, image: a/B, tag: c }\n`,
      '4:37: environments.staging.services.web.image',
      'lower case',
    ],
    [
      'no tag but a range',
      `${WEB}        tag: ^1.4\n`,
      '7:14: environments.staging.services.web.tag',
      'semver',
    ],
    [
      'an empty tag rule',
      `${WEB}        tag: {}\n`,
      '7:14: environments.staging.services.web.tag',
      'says no rule',
    ],
    [
      'two tag rules',
      `${WEB}        tag: { glob: a, regex: b }\n`,
      '7:25: environments.staging.services.web.tag.regex',
      'only one of',
    ],
    [
      'no range',
      `${WEB}        tag: { semver: x.y }\n`,
      '7:24: environments.staging.services.web.tag.semver',
      'not a range',
    ],
    [
      'no pattern',
      `${WEB}        tag: { glob: 'a[' }\n`,
      '7:22: environments.staging.services.web.tag.glob',
      'not a pattern',
    ],
    [
      'a pattern whose range is upside down',
      `${WEB}        tag: { glob: 'v[z-a]' }\n`,
      '7:22: environments.staging.services.web.tag.glob',
      'not a pattern',
    ],
    [
      'a pattern that excludes in its middle',
      `${WEB}        tag: { glob: 'v!(1)*' }\n`,
      '7:22: environments.staging.services.web.tag.glob',
      'not supported',
    ],
    [
      'a pattern with a slash',
      `${WEB}        tag: { glob: 'a/*' }\n`,
      '7:22: environments.staging.services.web.tag.glob',
      'slash',
    ],
    [
      'no regular expression',
      `${WEB}        tag: { regex: '(a' }\n`,
      '7:23: environments.staging.services.web.tag.regex',
      'RE2',
    ],
    [
      'a regular expression that RE2 has not',
      `${WEB}        tag: { regex: '(?=a)' }\n`,
      '7:23: environments.staging.services.web.tag.regex',
      'RE2',
    ],
    [
      'an empty regular expression',
      `${WEB}        tag: { regex: '' }\n`,
      '7:23: environments.staging.services.web.tag.regex',
      'is empty',
    ],
    [
      'a container twice',
      `${WEB}${TAG}      two: { container: web, image: a/b, tag: c }\n`,
      '8:25: environments.staging.services.two.container',
      'belongs to environments.staging.services.web',
    ],
    [
      'a container twice in two environments',
      `${WEB}${TAG}  other: { services: { two: { container: web, image: a/b, tag: c } } }\n`,
      '8:42: environments.other.services.two.container',
      'environments.staging.services.web',
    ],
    [
      'a container twice by two names of one engine',
      `engines: { local: {}, b: { host: 'unix:///var/run/docker.sock' } }\n${WEB}${TAG}  other: { engine: b, services: { two: { container: web, image: a/b, tag: c } } }\n`,
      '9:53: environments.other.services.two.container',
      'environments.staging.services.web',
    ],
    [
      'an unknown key of a policy',
      `${STAGING}    policy: { dely: 1m }\n`,
      '3:15: environments.staging.policy.dely',
      'did you mean delay?',
    ],
  ]);
});
