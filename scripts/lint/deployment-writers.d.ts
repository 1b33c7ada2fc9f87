import type { Rule } from 'eslint';
export declare const deploymentWriters: Rule.RuleModule;
