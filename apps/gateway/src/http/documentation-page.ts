import type { JsonSchema, OpenApiDocument, OpenApiOperation } from '@voltap/contracts/back-office';

/** The OpenAPI document as a page that a person can read; no scripts, nothing from elsewhere. */
export function documentationPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const byService = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '');
  const services = [...byService].sort(([left], [right]) => left.localeCompare(right));
  const navigation = services.map(([service, rows]) => {
    const links = rows.map(
      ({ method, path, operation }) =>
        `<li><a href="#${operation.operationId}"><b>${method}</b> ${escapeHtml(path)}</a></li>`,
    );
    return `<li>${escapeHtml(service)}<ul>${links.join('')}</ul></li>`;
  });
  const sections = services.map(
    ([service, rows]) => `<h2>${escapeHtml(service)}</h2>${rows.map((row) => section(row)).join('')}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(document.info.title)}</title><style>${STYLE}</style></head><body>
<nav><ul>${navigation.join('')}</ul></nav>
<main><h1>${escapeHtml(document.info.title)} ${escapeHtml(document.info.version)}</h1>
<p>${code(document.info.description)} Machine-readable: <a href="/openapi.json">/openapi.json</a>.</p>
<pre>curl -H "Authorization: Bearer $KEY" http://127.0.0.1:4001/api/v1/partners</pre>
${sections.join('')}</main></body></html>
`;
}

function section({ path, method, operation }: { path: string; method: string; operation: OpenApiOperation }): string {
  const body = operation.requestBody?.content ?? {};
  const [status, response] = Object.entries(operation.responses)[0] ?? ['', undefined];
  return `<section id="${operation.operationId}"><h3><b class="${method.toLowerCase()}">${method}</b> <code>/api/v1${escapeHtml(path)}</code></h3>
<p>${code(operation.summary)}. ${operation.description === undefined ? '' : code(operation.description)} <small>scope: ${escapeHtml(operation.security[0]?.apiKey?.[0] ?? '')}</small></p>
${parameters(operation)}
${Object.entries(body)
  .map(([type, { schema }]) => details(`Body, ${type}`, schema))
  .join('')}
${Object.entries(response?.content ?? {})
  .map(([type, { schema }]) => details(`Answer ${status}, ${type}`, schema))
  .join('')}</section>`;
}

function parameters({ parameters: list }: OpenApiOperation): string {
  if (list.length === 0) return '';
  const rows = list.map(
    ({ name, in: place, required, description, schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? ', required' : ''}</td><td>${escapeHtml(typeOf(schema))}</td><td>${code(description ?? '')}</td></tr>`,
  );
  return `<table>${rows.join('')}</table>`;
}

function details(title: string, schema: JsonSchema): string {
  return `<details><summary>${escapeHtml(title)}</summary><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details>`;
}

function typeOf(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return schema.enum.join(' | ');
  const fallback = schema.default === undefined ? '' : ` = ${String(schema.default)}`;
  return `${typeof schema.type === 'string' ? schema.type : 'any'}${fallback}`;
}

function code(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const STYLE = `:root{color-scheme:light dark}body{margin:0;display:flex;font:15px/1.5 system-ui,sans-serif}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;min-width:22rem;box-sizing:border-box;border-right:1px solid #8884}
nav ul{list-style:none;margin:0;padding:0}nav ul ul{padding-left:.75rem;font-size:.85rem;margin-bottom:.75rem}nav a{color:inherit;text-decoration:none}
main{padding:1rem 2rem;max-width:56rem;min-width:0}h2{margin-top:2.5rem;text-transform:capitalize}section{border-top:1px solid #8884;padding:.5rem 0}
h3{font-size:1rem;margin:.5rem 0}b{font-size:.75rem;letter-spacing:.03em}pre{background:#8882;padding:.75rem;border-radius:.4rem;overflow:auto;font-size:.8rem}
td{padding:.1rem .75rem .1rem 0;vertical-align:top;font-size:.9rem}small{opacity:.7}summary{cursor:pointer;font-size:.9rem}
@media(max-width:60rem){body{display:block}nav{position:static;height:auto}}`;
