//! The short list that serves without a folder of published counts: common names and large communes, with weights that
//! are round.

/// Family names: among them some with a particle, an apostrophe, a hyphen.
#[rustfmt::skip]
pub(super) const SURNAMES: &[(&str, u64)] = &[
    ("MARTIN", 2500), ("BERNARD", 1313), ("THOMAS", 1183), ("PETIT", 1152), ("ROBERT", 1130),
    ("RICHARD", 1094), ("DUBOIS", 1086), ("DURAND", 1084), ("MOREAU", 1028), ("LAURENT", 970), ("SIMON", 964),
    ("MICHEL", 935), ("LEFEBVRE", 915), ("LEROY", 873), ("DAVID", 761), ("ROUX", 754), ("MOREL", 727),
    ("BERTRAND", 727), ("FOURNIER", 720), ("GIRARD", 700), ("FONTAINE", 700), ("LAMBERT", 693),
    ("DUPONT", 692), ("BONNET", 685), ("ROUSSEAU", 680), ("VINCENT", 664), ("MULLER", 643), ("LEFEVRE", 641),
    ("FAURE", 629), ("ANDRE", 627), ("MERCIER", 626), ("GUERIN", 622), ("GARCIA", 619), ("BOYER", 619),
    ("BLANC", 617), ("GARNIER", 615), ("CHEVALIER", 599), ("FRANCOIS", 597), ("LEGRAND", 592),
    ("GAUTHIER", 577), ("PERRIN", 564), ("ROBIN", 558), ("CLEMENT", 552), ("MORIN", 547), ("HENRY", 539),
    ("NICOLAS", 535), ("ROUSSEL", 535), ("GAUTIER", 532), ("MATHIEU", 531), ("MASSON", 526), ("DUVAL", 511),
    ("MARCHAND", 508), ("DENIS", 493), ("LEMAIRE", 489), ("DUMONT", 488), ("MARIE", 486), ("NOEL", 486),
    ("MEYER", 475), ("DUFOUR", 474), ("MEUNIER", 472), ("MARTINEZ", 470), ("BLANCHARD", 460), ("BRUN", 457),
    ("RIVIERE", 457), ("LUCAS", 454), ("JOLY", 453), ("GIRAUD", 450), ("BRUNET", 446), ("GAILLARD", 443),
    ("BARBIER", 442), ("GERARD", 436), ("ARNAUD", 435), ("RENARD", 427), ("ROCHE", 426), ("SCHMITT", 422),
    ("ROY", 417), ("LEROUX", 416), ("CARON", 416), ("COLIN", 413), ("VIDAL", 410), ("PICARD", 410),
    ("ROGER", 406), ("FABRE", 400), ("AUBERT", 393), ("LEMOINE", 392), ("RENAUD", 381), ("DUMAS", 376),
    ("PAYET", 374), ("OLIVIER", 374), ("LACROIX", 373), ("PHILIPPE", 367), ("PIERRE", 367),
    ("BOURGEOIS", 366), ("LOPEZ", 366), ("BENOIT", 360), ("LECLERC", 360), ("REY", 356), ("LECLERCQ", 353),
    ("SANCHEZ", 353), ("LECOMTE", 352), ("ROLLAND", 350), ("GUILLAUME", 349), ("JEAN", 340), ("HUBERT", 335),
    ("DUPUY", 335), ("CARPENTIER", 333), ("GUILLOT", 332), ("BERGER", 332), ("PEREZ", 331), ("DUPUIS", 327),
    ("LOUIS", 325), ("MOULIN", 322), ("DESCHAMPS", 315), ("VASSEUR", 314), ("HUET", 314), ("BOUCHER", 305),
    ("FERNANDEZ", 304), ("FLEURY", 303), ("DA SILVA", 287), ("LE GALL", 279), ("LE ROUX", 262),
    ("LE GOFF", 256), ("DOS SANTOS", 177), ("LE CORRE", 144), ("LE ROY", 123), ("DA COSTA", 120),
    ("LE GUEN", 115), ("LE BIHAN", 114), ("LE BORGNE", 102), ("LE FLOCH", 100), ("LE GAL", 97),
    ("LE BERRE", 97), ("JEAN-BAPTISTE", 46), ("SAINT-MARTIN", 44), ("JEAN-LOUIS", 20), ("SAINT-MARC", 13),
    ("SAINT-JEAN", 12), ("PRUD'HOMME", 18), ("N'DIAYE", 11), ("D'AMARIO", 8), ("BOUCHIND'HOMME", 7),
    ("DE OLIVEIRA", 50), ("DE SOUSA", 50), ("DE LA CRUZ", 6), ("LAFONTAINE", 4), ("DORANGE", 4),
    ("LAKIEVRE", 4), ("SCHITTULLI", 4), ("PACCAGNINI", 4), ("THUERY", 4), ("PHILIPPON", 4), ("CHRISTOPHE", 4),
];

/// Given names by letter of the sex and by the decades in which they were given.
#[rustfmt::skip]
pub(super) const GIVEN: &[(&str, &[u16], &str)] = &[
    ("F", &[1920, 1930], "JEANNE GERMAINE MARIE SIMONE YVONNE DENISE PAULETTE MADELEINE SUZANNE HELENE"),
    ("F", &[1940, 1950], "MONIQUE NICOLE FRANCOISE MARTINE CHANTAL ANNIE BRIGITTE MARIE CATHERINE MARIE-CLAUDE ANNE-MARIE"),
    ("F", &[1960, 1970], "NATHALIE SYLVIE ISABELLE CHRISTINE VALERIE SANDRINE STEPHANIE CELINE MARIE-CHRISTINE ANNE-LAURE"),
    ("F", &[1980, 1990], "AURELIE EMILIE ELODIE JULIE AUDREY LAURA MARINE CAMILLE PAULINE MARION ANNE-SOPHIE MARIE-LAURE"),
    ("F", &[2000, 2010], "LEA EMMA MANON CHLOE INES SARAH JADE LOUISE ALICE LILOU LOU-ANNE"),
    ("F", &[2020], "JADE LOUISE AMBRE ALBA EMMA ROSE ALICE ROMY ANNA LILI-ROSE"),
    ("M", &[1920, 1930], "JEAN ANDRE PIERRE MARCEL RENE ROGER HENRI LOUIS GEORGES ROBERT"),
    ("M", &[1940, 1950], "JEAN MICHEL ALAIN BERNARD GERARD DANIEL JACQUES CHRISTIAN JEAN-PIERRE JEAN-CLAUDE JEAN-LUC"),
    ("M", &[1960, 1970], "PHILIPPE THIERRY PASCAL ERIC LAURENT CHRISTOPHE STEPHANE DAVID FREDERIC JEAN-MARC JEAN-FRANCOIS"),
    ("M", &[1980, 1990], "NICOLAS JULIEN SEBASTIEN ALEXANDRE THOMAS KEVIN ANTHONY MAXIME QUENTIN ROMAIN JEAN-BAPTISTE"),
    ("M", &[2000, 2010], "LUCAS ENZO THEO HUGO NATHAN MATHIS LEO LOUIS GABRIEL YANIS PIERRE-LOUIS"),
    ("M", &[2020], "GABRIEL RAPHAEL LEO LOUIS MAEL NOAH ADAM ISAAC LIAM LEON-PAUL"),
];

/// Communes, and the cities with arrondissements by these alone.
#[rustfmt::skip]
pub(super) const COMMUNES: &[(&str, u64)] = &[
    ("31555", 1_800_000), ("06088", 1_200_000), ("44109", 1_400_000), ("34172", 1_200_000), ("67482", 1_200_000),
    ("33063", 1_400_000), ("59350", 1_300_000), ("35238", 1_000_000), ("83137", 700_000), ("51454", 800_000),
    ("42218", 760_000), ("76351", 700_000), ("21231", 660_000), ("38185", 660_000), ("49007", 660_000),
    ("97411", 660_000), ("30189", 600_000), ("63113", 600_000), ("29019", 560_000), ("37261", 560_000),
    ("80021", 540_000), ("74010", 540_000), ("87085", 520_000), ("57463", 480_000), ("92012", 480_000),
    ("66136", 460_000), ("45234", 440_000), ("76540", 440_000), ("93066", 420_000), ("14118", 400_000),
    ("68224", 400_000), ("54395", 380_000), ("92050", 360_000), ("94028", 340_000), ("86194", 340_000),
    ("59183", 300_000), ("50129", 240_000), ("2A004", 240_000), ("2B033", 160_000), ("97209", 240_000),
    ("44184", 220_000), ("62193", 200_000), ("01033", 60_000), ("14475", 40_000), ("49125", 40_000),
    ("24316", 40_000),
    // Paris, Lyon, Marseille: the weight of an arrondissement is set where the table is read.
    ("75101", 1), ("75102", 1), ("75103", 1), ("75104", 1), ("75105", 1), ("75106", 1), ("75107", 1),
    ("75108", 1), ("75109", 1), ("75110", 1), ("75111", 1), ("75112", 1), ("75113", 1), ("75114", 1),
    ("75115", 1), ("75116", 1), ("75117", 1), ("75118", 1), ("75119", 1), ("75120", 1), ("69381", 1),
    ("69382", 1), ("69383", 1), ("69384", 1), ("69385", 1), ("69386", 1), ("69387", 1), ("69388", 1),
    ("69389", 1), ("13201", 1), ("13202", 1), ("13203", 1), ("13204", 1), ("13205", 1), ("13206", 1),
    ("13207", 1), ("13208", 1), ("13209", 1), ("13210", 1), ("13211", 1), ("13212", 1), ("13213", 1),
    ("13214", 1), ("13215", 1), ("13216", 1),
];

/// Countries of birth, by the shares of those born abroad.
pub(super) const COUNTRIES: &[(&str, u64)] = &[
    ("99352", 13),
    ("99350", 12),
    ("99351", 5),
    ("99139", 9),
    ("99127", 5),
    ("99134", 4),
    ("99208", 4),
    ("99341", 4),
    ("99131", 3),
    ("99324", 3),
    ("99109", 3),
    ("99323", 2),
];

/// Former codes, each with the code of the commune today.
#[rustfmt::skip]
pub(super) const MOVES: &[(&str, &str)] = &[
    ("01018", "01033"), ("01091", "01033"), ("01126", "01033"), ("01205", "01033"), ("14373", "14475"),
    ("14432", "14475"), ("14702", "14475"), ("14736", "14118"), ("20004", "2A004"), ("20033", "2B033"),
    ("24118", "24316"), ("29096", "29019"), ("29253", "29019"), ("29258", "29019"), ("33110", "33063"),
    ("37235", "37261"), ("37239", "37261"), ("42190", "42218"), ("42292", "42218"), ("42309", "42218"),
    ("49047", "49125"), ("49104", "49125"), ("49124", "49125"), ("49141", "49125"), ("49198", "49125"),
    ("49207", "49125"), ("49282", "49125"), ("49340", "49125"), ("49365", "49125"), ("50173", "50129"),
    ("50203", "50129"), ("50383", "50129"), ("50416", "50129"), ("50602", "50129"), ("51401", "51454"),
    ("57094", "57463"), ("57429", "57463"), ("57688", "57463"), ("59248", "59183"), ("59298", "59350"),
    ("59355", "59350"), ("59373", "59183"), ("59380", "59183"), ("59460", "59183"), ("59510", "59183"),
    ("59540", "59183"), ("68048", "68224"), ("74011", "74010"), ("74093", "74010"), ("74182", "74010"),
    ("74217", "74010"), ("74268", "74010"), ("75012", "92012"), ("75028", "94028"), ("75050", "92050"),
    ("75066", "93066"), ("76102", "76351"), ("76539", "76351"), ("76661", "76351"), ("87010", "87085"),
];
