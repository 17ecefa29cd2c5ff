import type { Rule } from './rule.ts';
import {
  noCycles,
  oneWayDependencies,
  packagesByName,
  servicesStayApart,
  simulatorIsAStranger,
} from './rules/layers.ts';
import {
  environmentInOnePlace,
  migrationsByHand,
  nestAtTheEdge,
  pureDomain,
  technologyInPlatform,
  testsStayOutside,
  typeormInStore,
  versionsBehindTheEdge,
} from './rules/rooms.ts';
import { declaredDependencies, plainNames, serviceShape, shortFiles } from './rules/shape.ts';

export const RULES: readonly Rule[] = [
  oneWayDependencies,
  servicesStayApart,
  simulatorIsAStranger,
  packagesByName,
  noCycles,
  pureDomain,
  versionsBehindTheEdge,
  technologyInPlatform,
  typeormInStore,
  nestAtTheEdge,
  environmentInOnePlace,
  testsStayOutside,
  migrationsByHand,
  plainNames,
  shortFiles,
  serviceShape,
  declaredDependencies,
];
