import { expect, type APIRequestContext } from '@playwright/test';
import { randomUUID } from 'node:crypto';

type Config = Record<string, unknown>;
/** Name, type, config and, if there are some, settings of a step. */
export type Step = [name: string, type: string, config: Config, settings?: Config];
/** From a port of one step to another step. */
export type Wire = [source: string, port: string, target: string];

/** Makes a workflow over the interface for programs; the context brings the session or a token. Gives its path. */
export async function make(request: APIRequestContext, name: string, steps: Step[], wires: Wire[], headers = {}) {
  const made = await request.post('/api/workflows', { headers, data: { name } });
  expect(made.status(), await made.text()).toBe(201);
  const { id, revision } = (await made.json()) as { id: string; revision: number };
  await draw(request, `/workflows/${id}`, revision, steps, wires, headers);
  return `/workflows/${id}`;
}

/** Puts a graph in the place of the one that is there; steps keep their ids by name. */
export async function draw(
  request: APIRequestContext, path: string, revision: number, steps: Step[], wires: Wire[], headers = {},
) {
  const before = (await (await request.get(`/api${path}`, { headers })).json()) as { nodes: { id: string; name: string }[] };
  const ids = new Map(steps.map(([name]) => [name, before.nodes.find((n) => n.name === name)?.id ?? randomUUID()]));
  const nodes = steps.map(([name, node_type, config, settings], i) => ({
    id: ids.get(name), name, node_type, config, settings: settings ?? {}, position_x: 320 * i, position_y: 0,
  }));
  const edges = wires.map(([source, source_port, target]) => ({
    id: randomUUID(), source_node_id: ids.get(source), source_port, target_node_id: ids.get(target),
  }));
  const saved = await request.put(`/api${path}/graph`, { headers, data: { revision, nodes, edges } });
  expect(saved.ok(), await saved.text()).toBe(true);
}

/** The number that a change of the graph must give. */
export async function revision(request: APIRequestContext, path: string): Promise<number> {
  return ((await (await request.get(`/api${path}`)).json()) as { revision: number }).revision;
}

/** Starts a run and gives its path; with `wait`, once it has ended. */
export async function start(request: APIRequestContext, path: string, input_data: unknown, wait = 0, headers = {}) {
  const reply = await request.post(`/api${path}/runs${wait ? `?wait=${wait}` : ''}`, { headers, data: { input_data } });
  expect(reply.ok(), await reply.text()).toBe(true);
  const body = (await reply.json()) as { run_id?: string; run?: { id: string } };
  return `${path}/runs/${body.run_id ?? body.run?.id}`;
}
