import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { helm, type KubernetesObject, ROOT, rendered, SCENARIOS, schemaFaults } from './rendering.ts';

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: unknown;
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly terminationGracePeriodSeconds: number;
}

interface Workload {
  readonly replicas?: number;
  readonly template: { readonly metadata: { readonly labels: Record<string, string> }; readonly spec: PodSpec };
}

interface ServiceSpec {
  readonly selector: Record<string, string>;
  readonly ports: readonly { readonly name: string; readonly targetPort: string }[];
}

const NINE = ['gateway', 'credentials', 'locations', 'tariffs', 'tokens', 'commands', 'sessions', 'cdrs', 'payments'];

const ofKind = (objects: readonly KubernetesObject[], kind: string) => objects.filter((one) => one.kind === kind);
const workloadOf = (object: KubernetesObject): Workload => object.spec;
const podsOf = (objects: readonly KubernetesObject[]): PodSpec[] =>
  objects.filter(({ kind }) => ['Deployment', 'Job'].includes(kind)).map((one) => workloadOf(one).template.spec);
const matches = (selector: Record<string, string>, labels: Record<string, string>): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

describe.each(SCENARIOS)('the chart with the values of ci/%s', (scenario) => {
  it('passes the linter without a warning', async () => {
    const { code, output } = await helm('lint', scenario, ['--strict']);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('0 chart(s) failed') });
  });

  it('makes objects that Kubernetes and the operators know, field by field', async () => {
    const { code, output } = await helm('template', scenario);
    expect(code === 0 ? '' : output).toBe('');
    expect(await schemaFaults(output)).toEqual([]);
  });

  it('runs nine services under the restricted profile, without a token of the cluster', async () => {
    const objects = await rendered(scenario);
    expect(ofKind(objects, 'Deployment').map((one) => workloadOf(one).template.spec.containers[0]?.args[0])).toEqual(
      NINE,
    );
    for (const pod of podsOf(objects)) {
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext } of pod.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
    for (const account of ofKind(objects, 'ServiceAccount')) {
      expect(account).toMatchObject({ automountServiceAccountToken: false });
    }
  });

  it('leads each Service to the pods of one Deployment, by ports that they have', async () => {
    const objects = await rendered(scenario);
    for (const service of ofKind(objects, 'Service')) {
      const { selector, ports } = service.spec as ServiceSpec;
      const chosen = ofKind(objects, 'Deployment').filter((one) =>
        matches(selector, workloadOf(one).template.metadata.labels),
      );
      expect(chosen.map(({ metadata }) => metadata.name)).toEqual([service.metadata.name]);
      const [workload] = chosen.map(workloadOf);
      const open = workload?.template.spec.containers[0]?.ports?.map(({ name }) => name);
      expect(open).toEqual(ports.map(({ targetPort }) => targetPort));
    }
  });

  it('gives a pod that ends the time to drain, and to finish what is in hand', async () => {
    for (const one of ofKind(await rendered(scenario), 'Deployment')) {
      const { containers, terminationGracePeriodSeconds } = workloadOf(one).template.spec;
      const drain = containers[0]?.env.find(({ name }) => name === 'VOLTAP_DRAIN_SECONDS')?.value;
      expect(Number(drain)).toBeGreaterThan(0);
      expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(drain) + 20);
    }
  });
});

describe('what the chart refuses', () => {
  it.each([
    ['a key that it does not know', ['--set', 'gatewey.replicas=2'], /gatewey/],
    ['a key that no service has', ['--set', 'services.gateway.replcas=2'], /replcas/],
    ['a service that there is not', ['--set', 'services.console.replicas=1'], /console/],
    ['a setting that no service reads', ['--set', 'settings.VOLTAP_LOGLEVEL=debug'], /VOLTAP_LOGLEVEL/],
    [
      'a setting of another service',
      ['--set', 'services.cdrs.settings.VOLTAP_COMMANDS_HAND_OUT_SECONDS=5'],
      /HAND_OUT/,
    ],
    ['a setting out of its limits', ['--set', 'settings.VOLTAP_POOL_SIZE=1000'], /VOLTAP_POOL_SIZE/],
    ['a value of the wrong type', ['--set', 'defaults.drainSeconds=soon'], /drainSeconds/],
    ['no public URL', ['--set', 'public.url='], /public\.url must be given/],
    ['no secrets', ['--set', 'secrets.inline.sealing='], /sealing is missing/],
    ['two places of the databases', ['--set', 'postgres.urlSecret.name=other'], /exactly one of postgres/],
    ['no brokers', ['--set', 'kafka.brokers=null'], /kafka\.brokers/],
    ['no Redis', ['--set', 'redis.host='], /redis\.host or/],
    ['a drain longer than the grace', ['--set', 'services.cdrs.drainSeconds=40'], /terminationGraceSeconds/],
    ['a sign-in without a name', ['--set', 'kafka.sasl.mechanism=plain'], /kafka\.sasl\.username/],
  ])('%s', async (_what, more, reason) => {
    const { code, output } = await helm('template', 'minimal', more);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(reason) });
  });
});

describe('settings', () => {
  it("reach the container as they were written, the service's own above those of all", async () => {
    const set = [
      'settings.VOLTAP_POOL_SIZE=6',
      'services.cdrs.settings.VOLTAP_POOL_SIZE=9',
      'services.sessions.settings.VOLTAP_SESSIONS_LIMIT_MARGIN_PERCENT=2.5',
      'settings.VOLTAP_CONSUMER_RETRY_MAX_MS=600000',
      'services.gateway.settings.VOLTAP_EGRESS_ALLOW_INSECURE=true',
    ];
    const objects = await rendered('minimal', ['--set', set.join(',')]);
    const given = (service: string, name: string) =>
      ofKind(objects, 'Deployment')
        .flatMap((one) => workloadOf(one).template.spec.containers)
        .find((container) => container.name === service)
        ?.env.find((variable) => variable.name === name)?.value;
    expect([given('tokens', 'VOLTAP_POOL_SIZE'), given('cdrs', 'VOLTAP_POOL_SIZE')]).toEqual(['6', '9']);
    expect(given('sessions', 'VOLTAP_SESSIONS_LIMIT_MARGIN_PERCENT')).toBe('2.5');
    expect(given('cdrs', 'VOLTAP_CONSUMER_RETRY_MAX_MS')).toBe('600000');
    expect(given('gateway', 'VOLTAP_EGRESS_ALLOW_INSECURE')).toBe('true');
    expect(given('cdrs', 'VOLTAP_EGRESS_ALLOW_INSECURE')).toBeUndefined();
  });
});

describe('the Job before an installation', () => {
  it.each(['minimal', 'ha', 'full'])(
    'finds all that it names without an ordinary object of the chart (%s)',
    async (scenario) => {
      const objects = await rendered(scenario);
      const hook = (one: KubernetesObject) => one.metadata.annotations?.['helm.sh/hook'];
      const [job, ...others] = ofKind(objects, 'Job');
      expect(others).toEqual([]);
      expect(job && hook(job)).toBe('pre-install,pre-upgrade');
      const containers = job === undefined ? [] : workloadOf(job).template.spec.containers;
      expect(containers.map(({ args }) => args)).toEqual(NINE.map((service) => [service, 'prepare']));
      const text = JSON.stringify(job);
      const secrets = [...text.matchAll(/"secretKeyRef":\{[^{}]*?"name":"([^"]+)"|"secretName":"([^"]+)"/g)];
      const [, account] = /"serviceAccountName":"([^"]+)"/.exec(text) ?? [];
      const named = new Set([
        ...secrets.map(([, one, other]) => `Secret ${one ?? other}`),
        `ServiceAccount ${account}`,
      ]);
      expect(named.size).toBeGreaterThan(1);
      const lateOnes = objects
        .filter(({ kind }) => ['Secret', 'ExternalSecret', 'ServiceAccount'].includes(kind))
        .filter((one) => hook(one) === undefined)
        .map(({ kind, metadata }) => `${kind.replace('External', '')} ${metadata.name}`);
      expect(lateOnes.filter((name) => named.has(name))).toEqual([]);
    },
  );

  it('leaves nothing behind when it succeeded', async () => {
    for (const one of await rendered('full')) {
      const annotations = one.metadata.annotations ?? {};
      if (annotations['helm.sh/hook'] === undefined) continue;
      expect(annotations['helm.sh/hook-delete-policy']).toBe('before-hook-creation,hook-succeeded');
    }
  });
});

describe('what scales', () => {
  it('leaves the number of replicas to what scales them', async () => {
    const objects = await rendered('full');
    for (const one of ofKind(objects, 'Deployment')) expect(workloadOf(one).replicas).toBeUndefined();
    expect(ofKind(objects, 'HorizontalPodAutoscaler').map(({ metadata }) => metadata.name)).toEqual([
      'charging-gateway',
    ]);
    expect(ofKind(objects, 'ScaledObject')).toHaveLength(8);
  });

  it('asks for the lag of the services that hear events, by the names of their groups', async () => {
    const consumers = NINE.filter((service) => readdirSync(join(ROOT, 'apps', service, 'src')).includes('consumers'));
    const objects = await rendered('ha', [
      '--set',
      'defaults.autoscaling.kind=keda,services.gateway.autoscaling.kind=keda',
    ]);
    const groups = [...JSON.stringify(ofKind(objects, 'ScaledObject')).matchAll(/"consumerGroup":"(\w+)"/g)].map(
      (one) => one[1],
    );
    expect(groups.toSorted()).toEqual(consumers.toSorted());
  });
});

describe('who may speak to whom', () => {
  interface Rule {
    readonly ports?: readonly { readonly port: number | string }[];
    readonly from?: readonly { readonly podSelector?: { readonly matchLabels?: Record<string, string> } }[];
    readonly to?: readonly { readonly podSelector?: { readonly matchLabels?: Record<string, string> } }[];
  }
  interface Policy {
    readonly podSelector: { readonly matchLabels: Record<string, string> };
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  }
  const COMPONENT = 'app.kubernetes.io/component';

  /** Components that both sides' policies let reach the internal port of `target`. */
  async function callersOf(target: string): Promise<string[]> {
    const objects = await rendered('minimal');
    const policies = ofKind(objects, 'NetworkPolicy').map((one) => one.spec as Policy);
    const labels = new Map(
      ofKind(objects, 'Deployment').map((one) => {
        const own = workloadOf(one).template.metadata.labels;
        return [own[COMPONENT] ?? '', own];
      }),
    );
    const allows = (subject: string, other: string, side: 'ingress' | 'egress'): boolean =>
      policies
        .filter(({ podSelector }) => matches(podSelector.matchLabels, labels.get(subject) ?? {}))
        .flatMap((policy) => policy[side] ?? [])
        .filter(({ ports }) => ports?.some(({ port }) => port === 'internal'))
        .flatMap((rule) => rule.from ?? rule.to ?? [])
        .some(
          (peer) => peer.podSelector?.matchLabels && matches(peer.podSelector.matchLabels, labels.get(other) ?? {}),
        );
    return NINE.filter(
      (caller) => caller !== target && allows(caller, target, 'egress') && allows(target, caller, 'ingress'),
    );
  }

  it('is the gateway to all, and to the gateway those that call partners through it', async () => {
    const speaking = NINE.filter(
      (service) => service !== 'gateway' && sourcesOf(service).some((text) => text.includes('SERVICE_ADDRESSES')),
    );
    // Tokens will ask partners to authorize; nobody else may call.
    expect((await callersOf('gateway')).toSorted()).toEqual([...new Set([...speaking, 'tokens'])].toSorted());
    for (const service of NINE.slice(1)) expect(await callersOf(service)).toEqual(['gateway']);
  });

  it('denies every pod of the release what nobody added', async () => {
    const objects = await rendered('ha');
    const denying = ofKind(objects, 'NetworkPolicy').find(({ metadata }) => metadata.name.endsWith('-deny'))
      ?.spec as unknown as Policy;
    for (const one of objects.filter(({ kind }) => ['Deployment', 'Job'].includes(kind))) {
      expect(matches(denying.podSelector.matchLabels, workloadOf(one).template.metadata.labels)).toBe(true);
    }
    expect(denying).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    expect(denying.ingress ?? denying.egress).toBeUndefined();
  });
});

function sourcesOf(service: string): string[] {
  const folder = join(ROOT, 'apps', service, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('spec.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

describe('traces', () => {
  it('leave for the receiver that is named, by a way that the policies leave open', async () => {
    const objects = await rendered('full');
    const gateway = JSON.stringify(ofKind(objects, 'Deployment').find(({ metadata }) => /gateway/.test(metadata.name)));
    expect(gateway).toContain('{"name":"OTEL_EXPORTER_OTLP_ENDPOINT","value":"http://collector.monitoring:4318"}');
    expect(gateway).toContain('{"name":"VOLTAP_TRACE_RATIO","value":"0.5"}');
    const open = ofKind(objects, 'NetworkPolicy').filter((policy) => JSON.stringify(policy).includes('{"port":4318}'));
    expect(open).toHaveLength(9);
  });

  it('do not leave where no receiver is named', async () => {
    const objects = JSON.stringify(await rendered('ha'));
    expect(objects).not.toContain('OTEL_EXPORTER');
    expect(objects).not.toContain('4318');
  });
});
