import { dirname, relative, resolve, sep } from 'node:path';

/**
 * Which folder of src may import which other ones, and which packages belong to one folder alone. The
 * order is the way of the data; nothing imports backwards.
 */
const MAY_IMPORT = {
  domain: [],
  config: ['domain'],
  storage: ['domain', 'config'],
  docker: ['domain', 'config'],
  outgoing: ['domain'],
  registries: ['domain', 'config', 'outgoing'],
  notifications: ['domain', 'config', 'outgoing'],
  handlers: ['domain', 'config', 'outgoing'],
  environments: ['domain', 'config', 'storage', 'docker'],
  access: ['domain', 'config', 'storage'],
  http: ['domain', 'config', 'access'],
  deployments: [
    'domain',
    'config',
    'storage',
    'docker',
    'outgoing',
    'registries',
    'notifications',
    'handlers',
    'environments',
    'access',
  ],
  webhooks: ['domain', 'config', 'environments', 'deployments', 'access'],
  api: ['domain', 'config', 'storage', 'environments', 'deployments', 'access', 'http'],
  operations: ['domain', 'config', 'storage', 'environments', 'deployments', 'access', 'http'],
};

/** The same for the rooms of a folder. Files directly in it may be imported by each of its rooms. */
const ROOMS_MAY_IMPORT = {
  domain: {
    image: [],
    secrets: [],
    settings: ['image', 'secrets'],
    deployment: ['image', 'settings'],
    policy: ['image', 'settings', 'deployment'],
    rollout: ['settings', 'deployment'],
    testing: ['image', 'secrets', 'settings', 'deployment', 'policy', 'rollout'],
  },
  deployments: {
    locks: [],
    outcome: [],
    deciding: ['outcome', 'locks'],
    rollout: ['deciding', 'outcome', 'locks'],
    recovery: ['rollout'],
    queue: ['deciding', 'rollout', 'recovery'],
    status: ['rollout'],
    intake: ['queue'],
    actions: ['queue', 'outcome', 'status'],
    polling: ['queue'],
    pruning: ['locks'],
  },
};
/** Composes the rooms of its folder, and so imports them. */
const COMPOSES = /\.module\.ts$/;

/** One door per outside thing. */
const DOORS = {
  dockerode: ['docker'],
  kysely: ['storage'],
  '@photostructure/sqlite': ['storage'],
  'node:sqlite': ['storage'],
  undici: ['outgoing'],
  yaml: ['config'],
  pino: ['operations'],
};

/** Not for plain TypeScript: no framework, no I/O. */
const FOREIGN_TO_DOMAIN =
  /^(@nestjs\/|node:(fs|net|http|https|child_process|dns|tls)|undici|express)/;

/** @type {import('eslint').Rule.RuleModule} */
export const folderImports = {
  meta: {
    type: 'problem',
    docs: { description: 'keeps the folders of src to the imports that the design allows' },
    messages: {
      folder: '{{from}}/ may import {{allowed}}, not {{to}}/',
      room: '{{from}}/ may import {{allowed}}, not {{to}}/',
      door: '{{what}} is imported in {{allowed}} only',
      domain: 'domain/ is plain TypeScript: it must not import {{what}}',
    },
    schema: [],
  },
  create(context) {
    const root = resolve(context.cwd, 'src');
    const from = folderOf(root, context.filename);
    if (from === null) return {};
    const isTest = context.filename.endsWith('.test.ts');
    const check = (node) => {
      const what = node.source?.value;
      if (typeof what !== 'string') return;
      const report = (messageId, data) => context.report({ node, messageId, data });
      if (!what.startsWith('.')) {
        const name = packageOf(what);
        if (from === 'domain' && !isTest && FOREIGN_TO_DOMAIN.test(what))
          report('domain', { what });
        const allowed = DOORS[name];
        if (allowed !== undefined && !allowed.includes(from)) {
          report('door', { what, allowed: allowed.join(', ') });
        }
        return;
      }
      const to = folderOf(root, resolve(dirname(context.filename), what));
      if (to === null) return;
      if (to === from) {
        const found = isTest ? null : roomViolation(root, from, context.filename, what);
        if (found !== null) report('room', found);
        return;
      }
      const allowed = MAY_IMPORT[from] ?? [];
      if (!allowed.includes(to)) {
        report('folder', { from, to, allowed: allowed.join(', ') || 'nothing' });
      }
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

/** An import between two rooms of a folder that the table does not allow; null if it is allowed. */
function roomViolation(root, folder, file, specifier) {
  const rooms = ROOMS_MAY_IMPORT[folder];
  if (rooms === undefined) return null;
  const inside = resolve(root, folder);
  const from = folderOf(inside, file);
  const to = folderOf(inside, resolve(dirname(file), specifier));
  if (to === null || to === from) return null;
  if (from === null && COMPOSES.test(file)) return null;
  const allowed = from === null ? [] : (rooms[from] ?? []);
  if (allowed.includes(to)) return null;
  const named = (room) => `${folder}/${room}`;
  return {
    from: from === null ? folder : named(from),
    to: named(to),
    allowed: allowed.map(named).join(', ') || 'no other room',
  };
}

/** The folder directly below src; null for files of src itself (main, app.module) and outside. */
function folderOf(root, file) {
  const path = relative(root, file);
  if (path.startsWith('..')) return null;
  const parts = path.split(sep);
  return parts.length > 1 ? (parts[0] ?? null) : null;
}

function packageOf(specifier) {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
