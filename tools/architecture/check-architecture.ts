import { readProject } from './project.ts';
import { RULES } from './rules.ts';

/** All violations of the tree at `root`, as text for people, grouped by rule; empty when there are none. */
export function checkArchitecture(root: string): { readonly violations: number; readonly text: string } {
  const project = readProject(root);
  let violations = 0;
  const blocks: string[] = [];
  for (const rule of RULES) {
    const found = rule.check(project);
    if (found.length === 0) continue;
    violations += found.length;
    const lines = found.map(({ file, line, message }) => `  ${file}:${line}\n    ${message}`);
    blocks.push(`${rule.name} (${found.length})\n  ${rule.why}\n${lines.join('\n')}`);
  }
  return { violations, text: blocks.join('\n\n') };
}
