/** The one class that may store a deployment or its phase: `DeploymentChanges`. */
const WRITER = /\/src\/deployments\/deployment-changes\.ts$/;

/** @type {import('eslint').Rule.RuleModule} */
export const deploymentWriters = {
  meta: {
    type: 'problem',
    docs: { description: 'lets only DeploymentChanges store deployments and change their phase' },
    messages: { writer: 'only DeploymentChanges calls deployments.{{method}}()' },
    schema: [],
  },
  create(context) {
    const file = context.filename.replaceAll('\\', '/');
    if (WRITER.test(file) || file.endsWith('.test.ts')) return {};
    return {
      "CallExpression[callee.property.name=/^(insert|transition)$/][callee.object.property.name='deployments']":
        (node) => {
          const method = node.callee.property.name;
          context.report({ node, messageId: 'writer', data: { method } });
        },
    };
  },
};
