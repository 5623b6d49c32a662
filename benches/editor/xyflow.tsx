// The same graph in @xyflow/react: cards with a header, two lines and the same handles.
import { Background, Controls, Handle, MiniMap, Position, ReactFlow, useEdgesState, useNodesState, type Node, type NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { memo } from 'react';
import { createRoot } from 'react-dom/client';
import type { Graph, Step } from './graph';

const ports = (type: string) => (type === 'condition' ? ['true', 'false', 'error'] : ['out', 'error']);

const Card = memo(({ data }: NodeProps<Node<{ step: Step }>>) => (
  <div className="card">
    <Handle type="target" position={Position.Left} style={{ top: 22 }} />
    <div className="head"><span className="tile" /><strong>{data.step.name}</strong></div>
    <div className="body">{String(Object.values(data.step.config)[0])}</div>
    {ports(data.step.node_type).map((port, i) => (
      <div key={port} className="row">
        {port}
        <Handle type="source" id={port} position={Position.Right} style={{ top: 103 + 22 * i }} />
      </div>
    ))}
  </div>
));

const nodeTypes = { step: Card };

function Flow({ graph, onlyVisible }: { graph: Graph; onlyVisible: boolean }) {
  const [nodes, , onNodesChange] = useNodesState<Node<{ step: Step }>>(
    graph.nodes.map((step) => ({ id: step.id, type: 'step', position: { x: step.position_x, y: step.position_y }, data: { step } })),
  );
  const [edges, , onEdgesChange] = useEdgesState(
    graph.edges.map((e) => ({ id: e.id, source: e.source_node_id, target: e.target_node_id, sourceHandle: e.source_port })),
  );
  return (
    <ReactFlow nodes={nodes} edges={edges} onNodesChange={onNodesChange} onEdgesChange={onEdgesChange} nodeTypes={nodeTypes}
      onlyRenderVisibleElements={onlyVisible} snapToGrid snapGrid={[16, 16]} minZoom={0.1} maxZoom={2} fitView>
      <Background /><Controls /><MiniMap />
    </ReactFlow>
  );
}

const onlyVisible = new URLSearchParams(location.search).has('visible');
void fetch('/graph.json').then(async (reply) => {
  const graph = (await reply.json()) as Graph;
  createRoot(document.getElementById('root') as HTMLElement).render(<Flow graph={graph} onlyVisible={onlyVisible} />);
});
