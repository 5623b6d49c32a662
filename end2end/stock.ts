import { expect, type APIRequestContext } from '@playwright/test';

export const TEXTS = [
  'A water mill grinds corn: the river turns the wheel, and the wheel turns the stone.',
  'The baker buys flour from the mill and bakes bread before sunrise.',
  'A database keeps rows in tables and finds them again by their keys.',
  'Cats sleep for most of the day and hunt at dusk.',
];

export const ORDERS = [
  { item: 'flour', amount: 12, price: 3.5, paid: true, ordered: '2026-01-02T03:04:05Z', details: { sacks: [1, 2] } },
  { item: 'bread', amount: 3, price: 2.25, paid: false, ordered: '2026-02-03T04:05:06Z', details: null },
  { item: 'millstone "large"', amount: 1, price: 950, paid: false, ordered: '2026-03-04T05:06:07Z', details: { note: 'ü' } },
];

async function post(request: APIRequestContext, path: string, data: unknown) {
  const reply = await request.post(path, { data });
  expect(reply.ok(), `${path}: ${await reply.text()}`).toBe(true);
}

/** A collection `Notes`, a table `orders` and a credential `Mill API`, over the interface for programs. */
export async function stock(request: APIRequestContext) {
  await post(request, '/api/vectors/collections', { name: 'Notes' });
  const metadatas = TEXTS.map((_, i) => ({ source: 'notes.txt', page: i + 1 }));
  await post(request, '/api/vectors/collections/Notes/documents', { texts: TEXTS, metadatas });
  await post(request, '/api/tables', { name: 'orders', columns: [{ name: 'ordered', type: 'timestamp' }] });
  await post(request, '/api/tables/orders/rows', { rows: ORDERS });
  await post(request, '/api/credentials', {
    name: 'Mill API', kind: 'bearer', value: 'a-secret-token', allowed_hosts: ['api.example.org', '*.mill.example'],
  });
}
