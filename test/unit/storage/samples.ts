import { newDeployment, type Deployment } from '../../../src/domain/deployment/deployment.js';
import type { Delivery } from '../../../src/domain/deployment/delivery.js';

/** A deployment created by a webhook. */
export function aDeployment(changes: Partial<Deployment> = {}): Deployment {
  return {
    ...newDeployment(
      {
        id: '01DEPLOYMENT0000000000000A',
        environment: 'staging',
        service: 'web',
        image: 'docker.io/acme/web',
        tag: 'latest',
        trigger: { kind: 'webhook', by: 'hub', delivery: '01DELIVERY000000000000000A' },
      },
      '2026-03-01T10:00:00.000Z',
    ),
    ...changes,
  };
}

/** A delivery with one push and no deployment. */
export function aDelivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    id: '01DELIVERY000000000000000A',
    webhook: 'hub',
    type: 'docker-hub',
    receivedAt: '2026-03-01T10:00:00.000Z',
    from: '203.0.113.7',
    outcome: 'accepted',
    reason: null,
    pushes: [{ repository: 'docker.io/acme/web', tag: 'latest', digest: null }],
    deployments: [],
    headers: { 'content-type': 'application/json' },
    body: '{"push_data":{}}',
    ...changes,
  };
}

/** A digest with the given last digits. */
export function aDigest(end: string): string {
  return `sha256:${end.padStart(64, '0')}`;
}
