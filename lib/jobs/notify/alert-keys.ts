import type { AlertKeys } from '../../alert/build-incident-alert.ts';
import { anomalyKey, incidentKey, incidentPageKey } from '../../store/keys.ts';

/** Where what an alert names stands in the bucket. */
export const ALERT_KEYS: AlertKeys = { incident: incidentKey, anomaly: anomalyKey, page: incidentPageKey };
