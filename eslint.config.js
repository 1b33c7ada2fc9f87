import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import { deploymentWriters } from './scripts/lint/deployment-writers.js';
import { folderImports } from './scripts/lint/folder-imports.js';
import { importCycles } from './scripts/lint/import-cycles.js';

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.rig/'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-extraneous-class': [
        'error',
        { allowWithDecorator: true, allowEmpty: true },
      ],
      // Lengths of secrets are counted in code points.
      '@typescript-eslint/no-misused-spread': [
        'error',
        { allow: [{ from: 'lib', name: 'string' }] },
      ],
      // Libraries call back with whatever they threw.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      // Takes plain option objects and framework wrappers for faults.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // Nest finds what to inject by the classes that a file imports as values.
      '@typescript-eslint/consistent-type-imports': 'off',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MethodDefinition[key.type='PrivateIdentifier']",
          message: 'write `private name()`: methods are private by keyword, # is for state',
        },
        {
          selector: "PropertyDefinition[accessibility='private']",
          message:
            'write `#name`: state is private by #, methods and constructor parameters by keyword',
        },
      ],
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  // The compiler reads their types and knows what is defined.
  { files: ['src/handlers/worker/*.js'], rules: { 'no-undef': 'off' } },
  {
    files: ['src/**/*.ts'],
    plugins: {
      deploy: {
        rules: {
          'deployment-writers': deploymentWriters,
          'folder-imports': folderImports,
          'import-cycles': importCycles,
        },
      },
    },
    rules: {
      'deploy/deployment-writers': 'error',
      'deploy/folder-imports': 'error',
      'deploy/import-cycles': 'error',
    },
  },
  {
    files: ['test/**', 'bench/**', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
);
