// The graph that both editors open: a field of steps, each joined to one or two of the next column.
import { randomUUID } from 'node:crypto';

export interface Step {
  id: string;
  name: string;
  node_type: string;
  config: Record<string, unknown>;
  settings: Record<string, unknown>;
  position_x: number;
  position_y: number;
}

export interface Wire {
  id: string;
  source_node_id: string;
  source_port: string;
  target_node_id: string;
}

export interface Graph {
  nodes: Step[];
  edges: Wire[];
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** As many steps as wished and half as many more wires, in columns of about 5:8. */
export function graph(count: number, seed = 42): Graph {
  const random = seeded(seed);
  const rows = Math.max(1, Math.round(Math.sqrt(count * 0.625)));
  const nodes: Step[] = Array.from({ length: count }, (_, i) => {
    const branches = random() < 0.25;
    return {
      id: randomUUID(),
      name: `Step ${i + 1}`,
      node_type: branches ? 'condition' : 'transform',
      config: branches ? { condition: `input is defined and ${i} >= 0` } : { expression: `{"step": ${i}, "text": "turn " ~ ${i}}` },
      settings: {},
      position_x: Math.floor(i / rows) * 352,
      position_y: (i % rows) * 208,
    };
  });
  const edges: Wire[] = [];
  const join = (source: number, target: number, second: boolean) => {
    const from = nodes[source];
    const port = from.node_type === 'condition' ? (second ? 'false' : 'true') : 'out';
    if (edges.some((e) => e.source_node_id === from.id && e.source_port === port && e.target_node_id === nodes[target].id)) return;
    edges.push({ id: randomUUID(), source_node_id: from.id, source_port: port, target_node_id: nodes[target].id });
  };
  for (let i = rows; i < count; i += 1) join(i - rows, i, false);
  while (edges.length < count * 1.5 && count > 2 * rows) {
    const source = Math.floor(random() * (count - rows));
    const column = Math.floor(source / rows) + 1;
    const row = Math.min(rows - 1, Math.max(0, (source % rows) + Math.round((random() - 0.5) * 6)));
    const target = column * rows + row;
    if (target < count) join(source, target, true);
  }
  return { nodes, edges };
}
