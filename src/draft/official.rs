//! Names of Docker Hub's official images: what `FROM redis` means, whatever folders a project has.
//!
//! The list is that of docker-library/official-images (August 2026), with those that were there once.

/// Whether a bare name is one of them.
pub(super) fn is_official(name: &str) -> bool {
    NAMES.split_ascii_whitespace().any(|official| official == name)
}

const NAMES: &str = "\
    adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux azul- \
    zulu backdrop bash bonita buildpack-deps busybox caddy cassandra celery centos chronograf cirros \
    clearlinux clefos clickhouse clojure composer consul convertigo couchbase couchdb crate crux dart debian \
    django docker docker-dev drupal eclipse-mosquitto eclipse-temurin eggdrop elasticsearch elixir emqx \
    erlang espocrm euleros express-gateway fedora flink fluentd friendica fsharp gazebo gcc geonetwork ghost \
    glassfish golang gradle groovy haproxy haskell haxe hello-world hipache hitch httpd hylang ibm-semeru- \
    runtimes ibmjava influxdb iojs irssi java jenkins jetty jobber joomla jruby julia kaazing-gateway \
    kapacitor kibana known kong krakend lightstreamer liquibase logstash mageia mariadb matomo maven \
    mediawiki memcached mongo mongo-express monica mono mysql nats nats-streaming neo4j neurodebian \
    nextcloud nginx nim node notary nuxeo odoo open-liberty openjdk opensuse oraclelinux orientdb owncloud \
    percona perl photon php php-zendserver phpmyadmin piwik plone postfixadmin postgres pypy python r-base \
    rabbitmq rails rakudo-star rapidoid redis redmine registry rethinkdb rocket.chat rockylinux ros ruby \
    rust sapmachine satosa sentry silverpeas sl solr sonarqube sourcemage spark spiped storm swarm swift \
    swipl teamspeak telegraf thrift tomcat tomee traefik ubuntu ubuntu-debootstrap ubuntu-upstart unit \
    varnish vault websphere-liberty wordpress xwiki yourls znc zookeeper";
