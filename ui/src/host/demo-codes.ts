import type { PageCodeView } from "./host";

const paper = "Utilisez la pièce d'identité.";
const staff = "Utilisez la pièce d'identité et donnez ce code à votre informaticien.";
const again = "Relancez la vérification.";
const later = "Réessayez dans quelques minutes, ou utilisez la pièce d'identité.";
const otherAccount = "La personne peut choisir un autre compte, ou présenter sa pièce d'identité.";

/** What the shell answers, for the tests of the screens. */
export const pageCodes: PageCodeView[] = [
  { codes: ["Y000000", "Y040001"], cause: "FranceConnect a rencontré une erreur.", next: later },
  { codes: ["Y000400", "Y030007", "Y030028", "Y100009"], cause: "FranceConnect n'accepte pas la demande du poste ou du relais.", next: staff },
  { codes: ["Y010004"], cause: "L'état civil national ne connaît la personne qu'à peu près.", next: otherAccount },
  { codes: ["Y010006"], cause: "L'état civil national connaît plusieurs personnes qui correspondent.", next: otherAccount },
  { codes: ["Y010007"], cause: "La personne n'a été trouvée que sous son nom d'usage.", next: otherAccount },
  { codes: ["Y010008"], cause: "La personne n'a pas été trouvée à l'état civil national.", next: otherAccount },
  { codes: ["Y010009"], cause: "L'état civil national a rejeté la demande.", next: otherAccount },
  { codes: ["Y010011", "Y010012"], cause: "L'état civil national ne répond pas.", next: later },
  { codes: ["Y010013"], cause: "La réponse de l'état civil national n'est pas lisible.", next: later },
  { codes: ["Y010015"], cause: "L'état civil national ne permet pas cette identification. Ne commentez pas la raison devant la personne.", next: paper },
  { codes: ["Y020017", "Y020019"], cause: "Ce moyen de connexion est désactivé.", next: otherAccount },
  { codes: ["Y020021", "Y020022", "Y190004", "Y190011", "Y420001", "Y420002"], cause: "Retour en arrière, page rechargée ou second onglet.", next: again },
  { codes: ["Y020023"], cause: "Ce moyen de connexion n'est pas permis pour ce service.", next: otherAccount },
  { codes: ["Y020025", "Y020026", "Y020027", "Y020028", "Y020029", "Y020030", "Y100019"], cause: "Le moyen de connexion choisi a répondu par une erreur.", next: otherAccount },
  { codes: ["Y030025", "Y030026", "Y030027", "Y520001"], cause: "FranceConnect a perdu le fil de la connexion.", next: again },
  { codes: ["Y046696C", "Y04A8220"], cause: "FranceConnect n'arrive pas à lire les adresses déclarées par le service.", next: staff },
  { codes: ["Y04C013C"], cause: "L'adresse de retour du service n'est pas déclarée à FranceConnect.", next: staff },
  { codes: ["Y04EA6EF"], cause: "FranceConnect ne connaît pas ce service, ou l'a désactivé.", next: staff },
  { codes: ["Y100001", "Y100018"], cause: "Ce moyen de connexion n'atteint pas le niveau de garantie demandé.", next: otherAccount },
  { codes: ["Y100002"], cause: "FranceConnect ne sert pas le niveau de garantie demandé.", next: staff },
  { codes: ["Y100004", "Y100010", "Y190001", "Y190009", "Y190012"], cause: "La page est restée ouverte trop longtemps, ou le navigateur refuse les cookies : la session a expiré.", next: again },
  { codes: ["Y100011"], cause: "La personne a bloqué ce moyen de connexion dans ses préférences FranceConnect.", next: otherAccount },
  { codes: ["Y180001"], cause: "La personne a désactivé son accès à FranceConnect, ou il est bloqué.", next: paper },
  { codes: ["Y270001", "Y600006"], cause: "Le compte choisi transmet une identité incomplète (souvent l'adresse électronique).", next: otherAccount },
  { codes: ["Y470001", "Y470002", "Y470003", "Y470004"], cause: "Un bouton a été pressé deux fois, ou la page est trop ancienne.", next: again },
  { codes: ["Y600020"], cause: "La connexion passe par un mandat Aidants Connect, que ce service n'accepte pas.", next: paper },
];
