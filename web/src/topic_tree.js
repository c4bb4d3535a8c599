// Topics as a tree by level, with sums. Pure functions.

const node_of = (name) => ({ name, children: new Map(), topic: null, own_rate: null, rate: null, total: 0, topics: 0, most: 0 });

/** Adds to each topic how many batches a second went through it since the answer before; null: there was none. */
export function with_rates(before, answer, now = performance.now()) {
  const seen = new Map((before?.items ?? []).map((t) => [t.id, t.batches]));
  const seconds = before ? (now - before.asked) / 1000 : 0;
  for (const t of answer.items) t.rate = seconds > 0 ? (t.batches - (seen.get(t.id) ?? t.batches)) / seconds : null;
  return { ...answer, asked: now };
}

function sort(node) {
  node.children = new Map([...node.children].sort(([a], [b]) => (a.startsWith("$") - b.startsWith("$")) || a.localeCompare(b, "en", { numeric: true })));
  for (const child of node.children.values()) sort(child);
}

/** The root; its `most` is the highest rate of a branch below it. */
export function build_tree(topics) {
  const root = node_of("");
  for (const t of topics) {
    let node = root;
    for (const level of t.subject.split("/")) {
      if (!node.children.has(level)) node.children.set(level, node_of(level));
      node = node.children.get(level);
      if (t.rate !== null) node.rate = (node.rate ?? 0) + t.rate;
      node.total += t.batches;
      node.topics += 1;
    }
    node.topic = t;
    node.own_rate = t.rate;
  }
  for (const child of root.children.values()) root.most = Math.max(root.most, child.rate ?? 0);
  sort(root);
  return root;
}
