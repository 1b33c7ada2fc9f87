import type { Rule } from 'eslint';

export const folderImports: Rule.RuleModule;
