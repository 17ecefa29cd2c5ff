/** What one TypeScript file says, read from its syntax tree. */
import { parseSync } from '@swc/core';

export interface ImportFact {
  readonly specifier: string;
  readonly line: number;
  /** `import type …` and `export type … from …`: gone when compiled. */
  readonly typeOnly: boolean;
}

export interface Named {
  readonly name: string;
  readonly line: number;
}

export interface Facts {
  readonly imports: readonly ImportFact[];
  readonly classes: readonly Named[];
  /** Names that the file exports; `*` for `export * from`. */
  readonly exports: readonly Named[];
  /** Lines on which the process environment is read. */
  readonly environmentReads: readonly number[];
  /** Lines on which the ORM is told to derive the schema from the entities. */
  readonly schemaSynchronisations: readonly number[];
}

type Node = Record<string, unknown>;

/** @throws when the file is not valid TypeScript; the message names it. */
export function factsOf(text: string, path: string): Facts {
  let tree: unknown;
  try {
    tree = parseSync(text, { syntax: 'typescript', decorators: true, target: 'es2024' });
  } catch (cause) {
    throw new Error(`${path} is not valid TypeScript`, { cause });
  }
  const lineOf = lineFinder(text);
  const imports: ImportFact[] = [];
  const classes: Named[] = [];
  const exports: Named[] = [];
  const environmentReads: number[] = [];
  const schemaSynchronisations: number[] = [];
  visit(tree, (node) => {
    const line = () => lineOf(startOf(node));
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration': {
        const specifier = literal(node.source);
        if (specifier !== undefined) imports.push({ specifier, line: line(), typeOnly: node.typeOnly === true });
        if (specifier?.endsWith('process') === true && importsName(node, 'env')) environmentReads.push(line());
        if (node.type === 'ExportAllDeclaration') exports.push({ name: '*', line: line() });
        if (node.type === 'ExportNamedDeclaration') {
          for (const one of nodes(node.specifiers)) {
            exports.push({ name: identifier(one.exported) ?? identifier(one.orig) ?? '*', line: line() });
          }
        }
        break;
      }
      case 'ExportDeclaration':
        exports.push(...declaredNames(node.declaration).map((name) => ({ name, line: line() })));
        break;
      case 'ExportDefaultDeclaration':
      case 'ExportDefaultExpression':
        exports.push({ name: 'default', line: line() });
        break;
      case 'TsImportType': {
        const specifier = literal(node.argument);
        if (specifier !== undefined) imports.push({ specifier, line: line(), typeOnly: true });
        break;
      }
      case 'CallExpression': {
        const callee = node.callee;
        const specifier = literal(nodes(node.arguments)[0]?.expression);
        if (isNode(callee) && callee.type === 'Import' && specifier !== undefined) {
          imports.push({ specifier, line: line(), typeOnly: false });
        }
        if (isNode(callee) && identifier(callee.property) === 'synchronize') schemaSynchronisations.push(line());
        break;
      }
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const name = identifier(node.identifier);
        if (name !== undefined) classes.push({ name, line: line() });
        break;
      }
      case 'MemberExpression':
        if (identifier(node.object) === 'process' && propertyName(node.property) === 'env') {
          environmentReads.push(line());
        }
        break;
      case 'KeyValueProperty': {
        const value = node.value;
        const isFalse = isNode(value) && value.type === 'BooleanLiteral' && value.value === false;
        if (propertyName(node.key) === 'synchronize' && !isFalse) {
          schemaSynchronisations.push(lineOf(startOf(isNode(node.key) ? node.key : node)));
        }
        break;
      }
    }
  });
  return { imports, classes, exports, environmentReads, schemaSynchronisations };
}

function visit(value: unknown, look: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, look);
  } else if (isNode(value)) {
    if (typeof value.type === 'string') look(value);
    for (const child of Object.values(value)) if (typeof child === 'object') visit(child, look);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nodes(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function literal(value: unknown): string | undefined {
  return isNode(value) && value.type === 'StringLiteral' ? String(value.value) : undefined;
}

function identifier(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Identifier' ? String(value.value) : undefined;
}

/** `env` of `process.env` and of `process['env']`. */
function propertyName(value: unknown): string | undefined {
  if (isNode(value) && value.type === 'Computed') return literal(value.expression);
  return identifier(value) ?? literal(value);
}

function importsName(node: Node, name: string): boolean {
  return nodes(node.specifiers).some((one) => (identifier(one.imported) ?? identifier(one.local)) === name);
}

function declaredNames(value: unknown): string[] {
  if (!isNode(value)) return [];
  const named = identifier(value.identifier) ?? identifier(value.id);
  if (named !== undefined) return [named];
  return nodes(value.declarations).map((one) => identifier(one.id) ?? '(pattern)');
}

function startOf(node: Node): number {
  const span = node.span;
  return isNode(span) ? Number(span.start) : 1;
}

/** The parser counts bytes of UTF-8, from 1. */
function lineFinder(text: string): (position: number) => number {
  const ends: number[] = [];
  const bytes = Buffer.from(text);
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) ends.push(at);
  return (position) => {
    const index = ends.findIndex((end) => end >= position - 1);
    return (index < 0 ? ends.length : index) + 1;
  };
}
