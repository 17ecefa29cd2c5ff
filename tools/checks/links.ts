/** Relative links in the Markdown pages. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const NOT_OURS = new Set(['node_modules', 'dist', 'fixtures', '.git', '.nx', '.voltap', 'coverage']);
const LINK = /\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const EXTERNAL = /^([a-z][a-z+.-]*:|#|\/\/)/i;

/** `README.md:12 links to docs/flow.md, which does not exist`, one per broken link. */
export function brokenLinks(root: string): string[] {
  return pagesUnder(root).flatMap((page) =>
    withoutCode(readFileSync(page, 'utf8'))
      .split('\n')
      .flatMap((text, index) =>
        [...text.matchAll(LINK)]
          .map(([, target]) => target ?? '')
          .filter((target) => !EXTERNAL.test(target))
          .filter((target) => !existsSync(resolve(root, page, target)))
          .map((target) => `${relative(root, page)}:${index + 1} links to ${target}, which does not exist`),
      ),
  );
}

function resolve(root: string, page: string, target: string): string {
  const path = decodeURIComponent(target.replace(/[#?].*$/, ''));
  return path.startsWith('/') ? join(root, path) : join(dirname(page), path);
}

/** Code is no link; its lines stay, so that the line numbers do. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, '')).replace(/`[^`\n]*`/g, '');
}

/** Markdown pages that are ours. */
export function pagesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pagesUnder(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
}
